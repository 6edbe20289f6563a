/**
 * How the columns of a table lie: which, in which order, how wide, pinned, shaded. As text it stands
 * in the URL: `state,config.lr~140ph`; what a key has of the signs in between is escaped.
 */
export interface Column {
  id: string;
  width?: number;
  pinned?: boolean;
  heat?: boolean;
}

const escaped = (id: string) =>
  id.replaceAll("%", "%25").replaceAll(",", "%2C").replaceAll("~", "%7E");
const plain = (id: string) =>
  id.replaceAll("%7E", "~").replaceAll("%2C", ",").replaceAll("%25", "%");

/** A column's id as a part of the URL's `sort`. */
export const sortId = { write: escaped, read: plain };

export function writeColumns(columns: readonly Column[]): string {
  const one = ({ id, width, pinned, heat }: Column) => {
    const how = `${width ?? ""}${pinned ? "p" : ""}${heat ? "h" : ""}`;
    return how ? `${escaped(id)}~${how}` : escaped(id);
  };
  return columns.map(one).join(",");
}

export function readColumns(text: string): Column[] {
  const seen = new Set<string>();
  return text.split(",").flatMap((part) => {
    const [, name = "", width, marks = ""] = /^([^~]+)(?:~(\d{2,4})?([ph]*))?$/.exec(part) ?? [];
    const id = plain(name);
    if (!id || seen.has(id)) return [];
    seen.add(id);
    const column: Column = { id };
    if (width) column.width = Number(width);
    if (marks.includes("p")) column.pinned = true;
    if (marks.includes("h")) column.heat = true;
    return [column];
  });
}

/** The same columns, one of them changed. */
export function changed(columns: readonly Column[], id: string, how: Partial<Column>): Column[] {
  return columns.map((one) => (one.id === id ? { ...one, ...how } : one));
}

/** A column put before another one; pinned ones stay together in front. */
export function moved(columns: readonly Column[], id: string, before: string): Column[] {
  const column = columns.find((one) => one.id === id);
  const target = columns.find((one) => one.id === before);
  if (!column || !target || id === before) return [...columns];
  const from = columns.indexOf(column);
  const to = columns.indexOf(target);
  const rest = columns.filter((one) => one !== column);
  // To the right it takes the other one's place, which is then behind it.
  rest.splice(from < to ? rest.indexOf(target) + 1 : rest.indexOf(target), 0, column);
  return rest;
}

/** Pinned ones first, each part in its order. */
export function inOrder(columns: readonly Column[]): Column[] {
  return [...columns.filter((one) => one.pinned), ...columns.filter((one) => !one.pinned)];
}
