/** What somebody typed to find runs: words, or a filter. Fetched with the first letter. */
import { BadFilter, meantAsFilter, parseFilter } from "../../api/filter-language";

/** As the server is asked. */
export interface Asked {
  q?: string;
  filter?: string;
}

/** What the text asks, and what is wrong with it before the server was asked. */
export function understood(text: string): { asked: Asked; wrong: string | null } {
  if (!meantAsFilter(text)) return { asked: { q: text }, wrong: null };
  try {
    parseFilter(text);
  } catch (error) {
    if (!(error instanceof BadFilter)) throw error;
    return { asked: {}, wrong: `Column ${error.column}: ${error.message}` };
  }
  return { asked: { filter: text }, wrong: null };
}
