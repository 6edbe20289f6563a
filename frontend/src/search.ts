/** The query of a URL as plain text, name by name: `?x=wall&smooth=ema:0.6&hide=a1,b2`. */

export type Search = Partial<Record<string, string>>;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  // Legible where a URL allows it.
  const text = params
    .toString()
    .replaceAll("%3A", ":")
    .replaceAll("%2C", ",")
    .replaceAll("%2F", "/");
  return text ? `?${text}` : "";
}

/** Keeps what is text and drops the rest: every page reads the names that it knows. */
export function textOnly(search: Record<string, unknown>): Search {
  return Object.fromEntries(
    Object.entries(search).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}
