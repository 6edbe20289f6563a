/** What is wrong with the text of a filter, in words, and filters put together. */
import {
  BadFilter,
  type Filter,
  joined,
  type Operator,
  parseFilter,
  partsOf,
} from "../../api/filter-language";
import { fieldText } from "../../api/filter-words";

/** Null when the text is a filter. */
export function wrongWith(text: string): string | null {
  try {
    parseFilter(text);
    return null;
  } catch (error) {
    if (error instanceof BadFilter) return `Column ${error.column}: ${error.message}`;
    throw error;
  }
}

/** The parts of a filter; none of what is no filter. */
export function partsIn(text: string): Filter[] {
  return wrongWith(text) === null ? partsOf(parseFilter(text)) : [];
}

const RANGE: readonly Operator[] = [">", ">=", "<", "<="];

/** A filter's text with this range of a field, instead of the one that it had. */
export function between(text: string, field: string, low: number, high: number): string {
  const others = partsIn(text).filter(
    (part) => part.kind !== "is" || part.field !== field || !RANGE.includes(part.operator),
  );
  const of = fieldText(field);
  return joined([...others, ...partsIn(`${of} >= ${low} and ${of} <= ${high}`)]);
}

/** A filter's text with one more condition. */
export function and(text: string, condition: string): string {
  return joined([...partsIn(text), ...partsIn(condition)]);
}
