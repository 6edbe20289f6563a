/** A confusion matrix: how often what was, was taken for what. A cell's shade is its share of its row. */
import { useRef, useState } from "react";
import { count, number } from "../../../kit/format";
import { useSize } from "../../../kit/useSize";
import { Tip } from "../Tip";
import styles from "./Charts.module.css";
import type { Matrix } from "./drawing";

const LEAST = 24; // pixels of a cell that still has its count written into it
const HEAD = 22;
const LETTER = 6; // pixels

/** How much of the accent a cell has: what is written on it stays legible on every shade. */
function shade(share: number): number {
  return share > 0.5 ? 0.86 + 0.28 * (share - 0.5) : Math.sqrt(share);
}

interface Over {
  row: number;
  column: number;
  at: { x: number; y: number };
}

export function MatrixPlot({ drawing, name }: { drawing: Matrix; name: string }) {
  const { rows, columns, counts } = drawing;
  const host = useRef<HTMLDivElement>(null);
  const size = useSize(host);
  const [over, setOver] = useState<Over | null>(null);
  const sums = counts.map((row) => row.reduce((sum, each) => sum + each, 0));
  const longest = Math.max(...rows.map((row) => row.length));
  const labels = Math.min(96, 12 + 6 * Math.max(longest, 6));
  const cell = size ? (size.width - labels - 12) / columns.length : 0;
  const upright = cell < longest * LETTER + 4;
  const head = upright ? Math.min(56, longest * LETTER + 6) : HEAD;
  const tall = size ? (size.height - head - HEAD) / rows.length : 0;
  return (
    <div ref={host} className={styles.host} data-testid="plot">
      {size && (
        <table
          className={styles.matrix}
          style={{ width: labels + cell * columns.length }}
          aria-label={`${name}: actual by row, predicted by column`}
          onPointerLeave={() => setOver(null)}
          onPointerMove={(event) => {
            const { left, top } = event.currentTarget.getBoundingClientRect();
            const at = { x: event.clientX - left, y: event.clientY - top };
            const [row, column] = [
              Math.floor((at.y - head) / tall),
              Math.floor((at.x - labels) / cell),
            ];
            const inside = row >= 0 && row < rows.length && column >= 0 && column < columns.length;
            setOver(inside ? { row, column, at } : null);
          }}
        >
          <colgroup>
            <col style={{ width: labels }} />
            {columns.map((column) => (
              <col key={column} style={{ width: cell }} />
            ))}
          </colgroup>
          <thead>
            <tr style={{ height: head }}>
              <td className={styles.corner}>actual</td>
              {columns.map((column) => (
                <th key={column} scope="col" title={column}>
                  <span
                    className={cell < 12 ? "hidden-text" : undefined}
                    data-upright={upright || undefined}
                    style={upright ? { maxHeight: head } : undefined}
                  >
                    {column}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={row} style={{ height: tall }}>
                <th scope="row" title={row}>
                  {row}
                </th>
                {columns.map((column, to) => {
                  const many = counts[at]?.[to] ?? 0;
                  const share = many / (sums[at] || 1);
                  return (
                    <td
                      key={column}
                      data-strong={share > 0.5 || undefined}
                      style={{ "--share": shade(share).toFixed(3) } as React.CSSProperties}
                    >
                      <span className={cell < LEAST || tall < 13 ? "hidden-text" : undefined}>
                        {many > 0 || cell < LEAST ? number(many) : ""}
                      </span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr style={{ height: HEAD }}>
              <td />
              <td className={styles.foot} colSpan={columns.length}>
                predicted
              </td>
            </tr>
          </tfoot>
        </table>
      )}
      {over && (
        <Tip
          at={over.at}
          title={`${rows[over.row]} taken for ${columns[over.column]}`}
          rows={[
            { name: "count", value: count(counts[over.row]?.[over.column] ?? 0) },
            {
              name: `of all ${rows[over.row]}`,
              value: `${number(((counts[over.row]?.[over.column] ?? 0) / (sums[over.row] || 1)) * 100)} %`,
            },
          ]}
        />
      )}
    </div>
  );
}
