/** What the page asks the worker of tables, and what it says. */
import type { FileRef, RunPlace } from "../../../api/file-place";
import type { Json } from "../../../api/types";
import type { Column, View } from "./rows";

interface Asked {
  id: number;
  table: number;
}

export type Question = Asked &
  (
    | { ask: "open"; place: RunPlace; parts: readonly FileRef[] }
    | { ask: "view"; view: View }
    | { ask: "rows"; from: number; to: number }
    | { ask: "csv" }
    | { ask: "close" }
  );

export type Answer = { id: number } & ({ said: unknown } | { wrong: string });

export interface Opened {
  columns: readonly Column[];
  rows: number;
}

export interface Row {
  number: number; // in the table, from 0
  cells: readonly Json[];
}
