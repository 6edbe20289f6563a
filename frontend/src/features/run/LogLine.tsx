/** One line that was printed: its number, when, and its text as a terminal would colour it. */
import { memo } from "react";
import type { ConsoleLine, Wanted } from "../../api/console";
import { type Piece, pieces, readable } from "../../kit/ansi";
import { classes } from "../../kit/classes";
import { at, count } from "../../kit/format";
import styles from "./Logs.module.css";

interface LogLineProps {
  top: number;
  number: number;
  line: ConsoleLine | undefined; // on its way
  times: boolean;
  marked?: boolean;
  wanted?: Wanted;
  index?: number; // of those that are listed; its number where all are
  measure?: ((element: Element | null) => void) | undefined; // lines are as high as they come
  label: string; // what a click on its number does, and to what
  onOpen: (line: number) => void;
}

export const LogLine = memo(function LogLine(props: LogLineProps) {
  const { top, number, line, times, marked, wanted, index = number, measure, label } = props;
  return (
    <div
      ref={measure}
      data-index={index}
      className={classes(styles.line, marked && styles.marked)}
      style={{ transform: `translateY(${top}px)` }}
      data-stream={line?.stream}
      data-testid="log-line"
    >
      <button
        type="button"
        className={styles.number}
        aria-label={`${label} ${count(number + 1)}`}
        onClick={() => props.onOpen(number)}
      >
        {count(number + 1)}
      </button>
      {times && <time className={styles.time}>{line ? at(line.time) : ""}</time>}
      <code className={styles.text}>{line && <Text line={line.text} wanted={wanted} />}</code>
    </div>
  );
});

function Text({ line, wanted }: { line: string; wanted?: Wanted | undefined }) {
  if (wanted?.q) return <Marked text={readable(line)} wanted={wanted} />;
  return pieces(line).map((piece, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line have no identity
    <span key={index} {...colored(piece)}>
      {piece.text}
    </span>
  ));
}

function colored({ color, bold, dim }: Piece) {
  const style = { ...(bold ? { fontWeight: 600 } : {}), ...(dim ? { opacity: 0.75 } : {}) };
  return { style, ...(color ? { "data-ansi": color } : {}) };
}

/** The text with what was looked for in a mark. */
function Marked({ text, wanted }: { text: string; wanted: Wanted }) {
  const parts = split(text, wanted);
  return parts.map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a line have no identity
    index % 2 ? <mark key={index}>{part}</mark> : <span key={index}>{part}</span>,
  );
}

/** The text cut at what is wanted: what lies between at even places, what was found at odd ones. */
export function split(text: string, { q, regex, case: caseful }: Wanted): string[] {
  const source = regex ? q : q.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, caseful ? "g" : "gi");
  } catch {
    return [text]; // the server knows a pattern that the browser does not
  }
  const parts: string[] = [];
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    if (found[0] === "") continue;
    parts.push(text.slice(from, found.index), found[0]);
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}
