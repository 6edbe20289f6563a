/**
 * Sections: keys in groups by prefix, in an order that never moves.
 *
 * What is known at first is put in order; what comes later joins at the end of its section,
 * and a new section joins below, so nothing that is on the screen moves.
 */

export interface Section {
  name: string;
  keys: string[];
}

const LOOSE = "charts"; // keys without a prefix
const FIRST = [
  "machine",
  "process",
  LOOSE,
  "media",
  "train",
  "training",
  "eval",
  "val",
  "valid",
  "validation",
  "test",
];
const LAST = ["system", "cpu cores"];

export function sectionOf(key: string): string {
  const slash = key.indexOf("/");
  return slash > 0 ? key.slice(0, slash) : LOOSE;
}

function rank(name: string): number {
  const first = FIRST.indexOf(name.toLowerCase());
  if (first >= 0) return first;
  return LAST.includes(name.toLowerCase()) ? 1000 : 100;
}

const { compare: byName } = new Intl.Collator("en", { numeric: true });

/** Losses before the rest, then by name with numbers in their order. */
function byInterest(a: string, b: string): number {
  const loss = (key: string) => (/loss$/i.test(key) ? 0 : 1);
  return loss(a) - loss(b) || byName(a, b);
}

/** Which section a key belongs to. */
export type SectionOf = (key: string) => string;

const DEVICE = /^(gpu|npu|tpu)\.(\d+)/;
const CORE = /^cpu\.\d+$/;

/** What was measured of a machine, by the part of it: `system/gpu.0.power` is of "GPU 0". */
export function partOf(key: string): string {
  const name = key.slice(key.indexOf("/") + 1);
  const device = DEVICE.exec(name);
  if (device) return `${device[1]?.toUpperCase()} ${device[2]}`;
  if (CORE.test(name)) return "CPU cores";
  return name.startsWith("process.") ? "Process" : "Machine";
}

export function arrange(
  before: Section[],
  keys: readonly string[],
  group: SectionOf = sectionOf,
): Section[] {
  const wanted = new Set(keys);
  const known = new Set(before.flatMap((section) => section.keys));
  const fresh = keys.filter((key) => !known.has(key)).sort(byInterest);
  const sections = before
    .map(({ name, keys: old }) => ({ name, keys: old.filter((key) => wanted.has(key)) }))
    .filter((section) => section.keys.length > 0);
  const made: Section[] = [];
  for (const key of fresh) {
    const name = group(key);
    const home = [...sections, ...made].find((section) => section.name === name);
    if (home) home.keys.push(key);
    else made.push({ name, keys: [key] });
  }
  made.sort((a, b) => rank(a.name) - rank(b.name) || byName(a.name, b.name));
  return [...sections, ...made];
}

/** Whether a key is what the panel search asks for: a pattern, or plain text while it is none. */
export function finder(text: string): (key: string) => boolean {
  if (!text) return () => true;
  try {
    const pattern = new RegExp(text, "i");
    return (key) => pattern.test(key);
  } catch {
    const low = text.toLowerCase();
    return (key) => key.toLowerCase().includes(low);
  }
}
