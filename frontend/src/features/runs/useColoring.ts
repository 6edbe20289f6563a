/** The colours that a column gives to runs; null while none does. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Asked, histogramQuery } from "../../api/runs-table";
import { type Coloring, coloringBy } from "./coloring";

export function useColoring(
  place: { owner: string; project: string },
  asked: Asked,
  column: string | null,
): Coloring | null {
  const enabled = column !== null;
  const { data } = useQuery({ ...histogramQuery(place, asked, column ?? ""), enabled });
  return useMemo(() => (column !== null && data ? coloringBy(data) : null), [column, data]);
}
