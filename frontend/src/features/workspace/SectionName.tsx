/** Calls a section of panels otherwise; an empty name is its own again. */
import { useState } from "react";
import { Field } from "../../kit/Field";
import { useCharts } from "./charts";
import styles from "./Grid.module.css";
import { withSection } from "./layout";

interface SectionNameProps {
  name: string;
  title: string;
  onDone: () => void;
}

export function SectionName({ name, title, onDone }: SectionNameProps) {
  const { change } = useCharts();
  const [text, setText] = useState(title);
  const keep = () => {
    const said = text.trim();
    const own = said && said !== name ? said : undefined;
    change((before) => ({ ...before, layout: withSection(before.layout, name, { title: own }) }));
    onDone();
  };
  return (
    <form
      className={styles.naming}
      onSubmit={(event) => {
        event.preventDefault();
        keep();
      }}
    >
      <Field
        label="Name of the section"
        value={text}
        maxLength={80}
        ref={selected}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => text !== title && keep()}
        onKeyDown={(event) => event.key === "Escape" && onDone()}
      />
    </form>
  );
}

/** What was asked for is at hand, and is typed over. */
function selected(input: HTMLInputElement | null): void {
  input?.focus();
  input?.select();
}
