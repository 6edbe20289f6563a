/** Reads, orders and filters tables beside the page. */
import { fileUrl } from "../../../api/file-place";
import type { Answer, Question } from "./messages";
import { csv, EVERYTHING, joined, ordered, readPart, type Table } from "./rows";

interface Held {
  table: Table;
  shown: Int32Array;
}

const held = new Map<number, Held>();
const closed = new Set<number>(); // while they were being read
const MOST_PARTS = 10_000; // files of a table that grew

self.addEventListener("message", ({ data }: MessageEvent<Question>) => {
  void answer(data).then((said) => self.postMessage(said));
});

async function answer(question: Question): Promise<Answer> {
  try {
    return { id: question.id, said: await SAYS[question.ask](question as never) };
  } catch (error) {
    return { id: question.id, wrong: error instanceof Error ? error.message : String(error) };
  }
}

type Says = { [Ask in Question["ask"]]: (question: Extract<Question, { ask: Ask }>) => unknown };

const SAYS: Says = {
  open: async ({ table, place, parts }) => {
    const opened = joined(await readAll(place, parts));
    if (!closed.delete(table))
      held.set(table, { table: opened, shown: ordered(opened, EVERYTHING) });
    return { columns: opened.columns, rows: opened.rows.length };
  },
  view: ({ table, view }) => {
    const known = heldOf(table);
    known.shown = ordered(known.table, view);
    return known.shown.length;
  },
  rows: ({ table, from, to }) => {
    const { table: of, shown } = heldOf(table);
    return [...shown.subarray(from, to)].map((number) => ({
      number,
      cells: of.rows[number] ?? [],
    }));
  },
  csv: ({ table }) => {
    const known = heldOf(table);
    return new Blob([csv(known.table, known.shown)], { type: "text/csv" });
  },
  close: ({ table }) => {
    if (!held.delete(table)) closed.add(table);
  },
};

function heldOf(table: number): Held {
  const known = held.get(table);
  if (!known) throw new Error("The table is closed.");
  return known;
}

type Place = Parameters<typeof fileUrl>[0];

/** The parts of a table, oldest first; those that only a part knows of are looked for as well. */
async function readAll(place: Place, refs: Extract<Question, { ask: "open" }>["parts"]) {
  const parts = await Promise.all(refs.map((ref) => readOne(place, ref)));
  for (let seen = parts.length; seen < MOST_PARTS; seen += 1) {
    const path = parts[0]?.previous;
    if (!path || refs.some((ref) => ref.path === path)) break;
    parts.unshift(await readOne(place, { path, digest: null }));
  }
  return parts;
}

async function readOne(place: Place, ref: Parameters<typeof fileUrl>[1]) {
  const url = fileUrl(place, ref);
  if (!url) throw new Error("The table names no file.");
  const answer = await fetch(url, { credentials: "same-origin" });
  if (answer.status === 404) throw new Error("The file of the table is not here (yet).");
  if (!answer.ok) throw new Error(`The file of the table could not be read (${answer.status}).`);
  return readPart(await answer.text());
}
