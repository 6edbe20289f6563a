/** The lines of a panel where runs are grouped: one for each group and key, with its spread. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { GroupCurves } from "../../api/group-curves";
import { groupColumns } from "../../api/spread";
import { type ChartPanel, DASHES, type LineData, runColors, runDash } from "../../chart";
import { useCharts } from "./charts";
import type { RunGroup } from "./groups";
import type { PanelContent } from "./panel-content";
import type { View } from "./view";

interface Drawing {
  curves: Pick<GroupCurves, "groups">;
  content: PanelContent;
  groups: readonly RunGroup[];
  view: Pick<View, "center" | "spread">;
}

export function groupLinesOf({ curves, content, groups, view }: Drawing): LineData[] {
  const groupOf = new Map(
    groups.flatMap((group) => group.runs.map(({ id }) => [id, group] as const)),
  );
  const several = content.keys.length > 1;
  return content.keys.flatMap((key, place) =>
    (curves.groups(key)?.series ?? []).flatMap((series): LineData[] => {
      const group = groupOf.get(series.runs[0] ?? "");
      if (!group || series.n === 0) return [];
      const { low, high, ...columns } = groupColumns(series, view.center, view.spread);
      const extremes = view.spread === "none" ? {} : { low, high };
      return [
        {
          ...columns,
          ...extremes,
          id: several ? `${group.id} ${key}` : group.id,
          group: group.id,
          name: several ? `${group.label} · ${key}` : group.label,
          color: runColors(group.color),
          dash: several ? DASHES[place % DASHES.length] : runDash(group.color),
        },
      ];
    }),
  );
}

export interface GroupLines {
  version: number;
  empty: boolean;
  error: Error | null;
  retry: () => void;
}

/** Which run is in which group, and how groups are called: lines are drawn anew when it changes. */
function looks(groups: readonly RunGroup[] | null): string {
  const each = (groups ?? []).map(({ id, label, color, runs }) => [id, label, color, runs[0]?.id]);
  return JSON.stringify(each);
}

/** Draws the groups of a panel's keys, as long as there is a panel for them. */
export function useGroupLines(
  chart: ChartPanel | null,
  content: PanelContent,
  curves: GroupCurves | null,
): GroupLines {
  const { groups, view } = useCharts();
  const [version, setVersion] = useState(0);
  const [empty, setEmpty] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const latest = useRef({ groups, view });
  latest.current = { groups, view };
  const { keys } = content;

  const draw = useCallback(() => {
    const { groups, view } = latest.current;
    if (!chart || !curves || !groups) return;
    const coming = keys.some((key) => curves.loading(key));
    if (coming && !keys.some((key) => curves.groups(key))) return; // what was there stays till then
    const lines = groupLinesOf({ curves, content, groups, view });
    chart.setLines(lines);
    setEmpty(!coming && lines.length === 0);
    setVersion((n) => n + 1);
  }, [chart, curves, content, keys]);

  useEffect(() => {
    if (!chart || !curves) return;
    const leave = keys.map((key) =>
      curves.want(key, (event) => {
        if (event.type === "failed") return setError(event.error);
        setError(null);
        draw();
      }),
    );
    draw();
    return () => {
      for (const one of leave) one();
    };
  }, [chart, curves, keys, draw]);

  const look = useMemo(() => looks(groups), [groups]);
  const drawnLook = useRef(look);
  useEffect(() => {
    if (drawnLook.current === look) return;
    drawnLook.current = look;
    draw();
  }, [look, draw]);

  const retry = useCallback(() => {
    setError(null);
    for (const key of keys) curves?.retry(key);
  }, [curves, keys]);
  return useMemo(() => ({ version, empty, error, retry }), [version, empty, error, retry]);
}
