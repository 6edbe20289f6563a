/** A panel's numbers as a table: for screen readers, and for whoever wants the numbers. */
import { useMemo } from "react";
import type { ChartPanel } from "../../chart";
import { Dialog } from "../../kit/Dialog";
import { count, exact, number } from "../../kit/format";
import styles from "./Panel.module.css";

const ROWS = 500;

interface PanelTableProps {
  name: string;
  panel: ChartPanel;
  onClose: () => void;
}

export default function PanelTable({ name, panel, onClose }: PanelTableProps) {
  const table = useMemo(() => panel.toTable(ROWS), [panel]);
  return (
    <Dialog label={name} size="full" onClose={onClose}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard */}
      <section className={styles.scroll} tabIndex={0} aria-label={`${name} as a table`}>
        <table className={styles.table}>
          <thead>
            <tr>
              {table.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row) => (
              <tr key={row[0]}>
                {row.map((value, column) => (
                  <td
                    key={table.columns[column]}
                    title={typeof value === "number" ? exact(value) : undefined}
                  >
                    {typeof value === "number" ? number(value) : value}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {table.total > table.rows.length && (
        <p className={styles.cut}>
          {count(table.rows.length)} of {count(table.total)} rows; Export CSV has all.
        </p>
      )}
    </Dialog>
  );
}
