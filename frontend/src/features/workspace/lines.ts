/** The lines of a panel: one for each shown run and key, in the colours of the runs. */
import type { Curves } from "../../api/curves";
import type { Run } from "../../api/types";
import { bucketColumns, DASHES, type LineData, runColors, runDash } from "../../chart";
import { evaluate } from "./expression";
import type { RunGroup } from "./groups";
import type { PanelContent } from "./panel-content";

interface Drawing {
  curves: Pick<Curves, "line">;
  content: PanelContent;
  runs: readonly Run[]; // newest first
  baseline: string | null;
  groups?: readonly RunGroup[] | null; // whose colours the runs have instead of their own
}

/** What the engine calls the line of a key of a run. */
export function lineId(content: PanelContent, run: string, key: string): string {
  return content.keys.length === 1 ? run : `${run} ${key}`;
}

function look(run: Run, baseline: string | null) {
  return {
    group: run.id,
    color: runColors(run.color),
    live: run.state === "running",
    baseline: run.id === baseline,
  };
}

function inGroup(group: RunGroup | undefined): Partial<LineData> {
  if (!group) return {};
  return { group: group.id, color: runColors(group.color), dash: runDash(group.color) };
}

export function linesOf({ curves, content, runs, baseline, groups }: Drawing): LineData[] {
  const lines: LineData[] = [];
  const group = new Map(groups?.flatMap((one) => one.runs.map(({ id }) => [id, one] as const)));
  for (let i = runs.length - 1; i >= 0; i -= 1) {
    const run = runs[i] as Run; // the newest last, on top
    if (content.expression) {
      const points = evaluate(content.expression, (key) => curves.line(key, run.id));
      if (!points) continue;
      lines.push({
        ...points,
        ...look(run, baseline),
        id: run.id,
        name: run.name,
        dash: runDash(run.color),
        ...inGroup(group.get(run.id)),
      });
      continue;
    }
    for (const [place, key] of content.keys.entries()) {
      const line = curves.line(key, run.id);
      if (!line?.n) continue;
      const several = content.keys.length > 1;
      lines.push({
        ...bucketColumns(line),
        ...look(run, baseline),
        id: lineId(content, run.id, key),
        name: several ? `${run.name} · ${key}` : run.name,
        dash: several ? DASHES[place % DASHES.length] : runDash(run.color),
      });
    }
  }
  return lines;
}
