/** A chart of `wandb.plot`, drawn from its table; the table itself is a click away. */
import { useQuery } from "@tanstack/react-query";
import { ChartLine, Table2 } from "lucide-react";
import { useMemo, useState } from "react";
import { fileQuery } from "../../../api/objects";
import { IconButton } from "../../../kit/Button";
import { ErrorState, Skeleton } from "../../../kit/states";
import { useUrl } from "../context";
import type { ChartSpec } from "../panels";
import { joined, readPart } from "../table/rows";
import { TableView } from "../table/TableView";
import { Tools, type ViewerProps } from "../Viewer";
import { tableOf } from "../values";
import { BarPlot } from "./BarPlot";
import styles from "./Charts.module.css";
import { CountPlot } from "./CountPlot";
import { type Drawing, drawingOf } from "./drawing";
import { MatrixPlot } from "./MatrixPlot";
import { XYPlot } from "./XYPlot";

export function ChartView({ spec, entry, value, tools }: ViewerProps & { spec: ChartSpec }) {
  const file = tableOf(value);
  const url = useUrl()(file ?? { path: "", digest: null });
  const { data, error, refetch } = useQuery({ ...fileQuery(url ?? ""), enabled: url !== null });
  const drawing = useMemo(() => read(spec, data), [spec, data]);
  const [tabled, table] = useState(false);
  if (error && data === undefined) return <ErrorState error={error} retry={() => void refetch()} />;
  const undrawn = drawing?.kind === "undrawn";
  const isTable = tabled || undrawn;
  return (
    <div className={styles.view}>
      {!undrawn && (
        <Tools into={tools}>
          <IconButton
            label={isTable ? `${entry.key} as a chart` : `${entry.key} as a table`}
            size="small"
            onClick={() => table(!tabled)}
          >
            {isTable ? <ChartLine size={15} aria-hidden /> : <Table2 size={15} aria-hidden />}
          </IconButton>
        </Tools>
      )}
      {!drawing && (
        <div className={styles.waiting}>
          <Skeleton height="100%" />
        </div>
      )}
      {undrawn && (
        <p className={styles.why} data-testid="why">
          {drawing.why}
        </p>
      )}
      {drawing && isTable && <TableView entry={entry} value={value} tools={tools} />}
      {drawing && !isTable && (
        <>
          {spec.strings.title && <p className={styles.title}>{spec.strings.title}</p>}
          <Plot drawing={drawing} name={entry.key} />
        </>
      )}
    </div>
  );
}

function read(spec: ChartSpec, text: string | undefined): Drawing | null {
  if (text === undefined) return null;
  try {
    return drawingOf(spec, joined([readPart(text)]));
  } catch {
    return { kind: "undrawn", why: "The table of this chart could not be read." };
  }
}

function Plot({ drawing, name }: { drawing: Drawing; name: string }) {
  switch (drawing.kind) {
    case "xy":
      return <XYPlot drawing={drawing} name={name} />;
    case "bars":
      return <BarPlot drawing={drawing} name={name} />;
    case "counts":
      return <CountPlot drawing={drawing} name={name} />;
    case "matrix":
      return <MatrixPlot drawing={drawing} name={name} />;
    default:
      return null;
  }
}
