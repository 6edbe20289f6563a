/** The loss receipt of a run: one line that says whether all of it is here, and why if not. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleDashed, TriangleAlert } from "lucide-react";
import type { ApiError } from "../../api/client";
import { change, receiptQuery } from "../../api/queries";
import type { Receipt, Run } from "../../api/types";
import { Button } from "../../kit/Button";
import { count } from "../../kit/format";
import { Popover } from "../../kit/Menu";
import { toast } from "../../kit/toast";
import styles from "./Receipt.module.css";

const ICONS = { complete: CircleCheck, incomplete: TriangleAlert, open: CircleDashed };

export function ReceiptLine({ run }: { run: Run }) {
  const { owner, project, id } = run;
  const { data } = useQuery(receiptQuery(owner, project, id, run.state));
  if (!data) return null; // an older server gives none
  const Icon = ICONS[data.state];
  const said = `${data.state}: ${headline(data)}`;
  return (
    <Popover
      label="Loss receipt"
      trigger={
        <button
          type="button"
          className={styles.line}
          data-state={data.state}
          data-testid="receipt"
          aria-label={`Loss receipt, ${said}`}
          title={said}
        >
          <Icon size={13} aria-hidden />
          <span>{said}</span>
        </button>
      }
    >
      <Details run={run} receipt={data} />
    </Popover>
  );
}

/** The rows that a complete run logged; of another one, first of all why it is not. */
export function headline(receipt: Receipt): string {
  const [reason] = receipt.reasons;
  if (receipt.state === "incomplete" && reason) return reason.text;
  const rows = many(receipt.stored, "row");
  if (receipt.state !== "open") return many(receipt.logged ?? receipt.stored, "row");
  return reason?.code === "no-total" ? `${rows}, no total said` : `${rows} so far`;
}

function Details({ run, receipt }: { run: Run; receipt: Receipt }) {
  return (
    <div className={styles.details}>
      <h2>Loss receipt</h2>
      <p className={styles.sum}>{sum(receipt)}</p>
      {receipt.reasons.length > 0 && (
        <ul className={styles.reasons}>
          {receipt.reasons.map((reason) => (
            <li key={`${reason.code} ${reason.text}`}>
              {reason.text}
              {reason.detail && <code>{reason.detail}</code>}
              {reason.remedy && <em>{reason.remedy}</em>}
            </li>
          ))}
        </ul>
      )}
      {receipt.notes.length > 0 && (
        <ul className={styles.reasons}>
          {receipt.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <Writers receipt={receipt} />
      <Proof run={run} receipt={receipt} />
    </div>
  );
}

/** What was logged against what is stored; the machine's own rows apart, where they are told. */
export function sum({ rows, logged, stored }: Receipt): string {
  if (rows === null) return `${many(stored, "row")} stored; how many were logged is not said yet.`;
  const others = rows - (logged ?? rows);
  if (others === 0) return `${many(rows, "row")} logged, ${figure(stored)} stored.`;
  const named = others === 1 ? "1 line or reading" : `${figure(others)} lines and readings`;
  const all = `${many(rows - others, "row")} logged and ${named} of the machine`;
  return `${all}, ${figure(stored)} stored in all.`;
}

function Writers({ receipt }: { receipt: Receipt }) {
  if (receipt.writers.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: many writers are scrolled by keyboard
    <section className={styles.scroll} tabIndex={0} aria-label="Rows of each writer">
      <table className={styles.writers}>
        <thead>
          <tr>
            <th scope="col">Writer</th>
            <th scope="col">Logged</th>
            <th scope="col">Stored</th>
            <th scope="col">Lost</th>
          </tr>
        </thead>
        <tbody>
          {receipt.writers.map((each) => (
            <tr key={each.writer}>
              <th scope="row" title={each.writer}>
                {each.label || each.writer}
                {each.killed && " (killed)"}
              </th>
              <td>{known(each.said)}</td>
              <td>{known(each.stored)}</td>
              <td>{figure(each.lost)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Have every point read and counted again. */
function Proof({ run, receipt }: { run: Run; receipt: Receipt }) {
  const client = useQueryClient();
  const { owner, project, id, state } = run;
  const recount = useMutation<Receipt, ApiError>({
    mutationFn: () => change.recount(owner, project, id),
    onSuccess: (next) =>
      client.setQueryData(receiptQuery(owner, project, id, state).queryKey, next),
    onError: (error) => toast(error.message),
  });
  return (
    <div className={styles.proof}>
      <span role="status">
        {recount.isPending && "Reading every point…"}
        {!recount.isPending && receipt.found !== null && found(receipt)}
        {!recount.isPending && receipt.found === null && receipt.points !== null && (
          <>{many(receipt.points, "point")} counted as they came.</>
        )}
      </span>
      <Button size="small" disabled={recount.isPending} onClick={() => recount.mutate()}>
        Count again
      </Button>
    </div>
  );
}

function found({ found, points }: Receipt): string {
  const all = found === points ? ", all that came." : ".";
  return `${many(found ?? 0, "point")} read again${all}`;
}

const known = (value: number | null) => (value === null ? "–" : figure(value));

const many = (value: number, thing: string) => `${figure(value)} ${thing}${value === 1 ? "" : "s"}`;

/** A count with spaces that do not break: 1 204 331. */
const figure = (value: number) => count(value).replaceAll(",", "\u00a0");
