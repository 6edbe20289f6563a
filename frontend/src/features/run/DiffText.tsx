/** A patch with its added and removed lines told apart. */
import { memo } from "react";
import styles from "./Files.module.css";

function kindOf(line: string): string | undefined {
  if (/^(diff |index |\+\+\+ |--- )/.test(line)) return styles.head;
  if (line.startsWith("@@")) return styles.place;
  if (line.startsWith("+")) return styles.added;
  return line.startsWith("-") ? styles.removed : undefined;
}

export const DiffText = memo(function DiffText({ text }: { text: string }) {
  return text.split("\n").map((line, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a patch have no identity
    <span key={index} className={kindOf(line)}>
      {line}
      {"\n"}
    </span>
  ));
});
