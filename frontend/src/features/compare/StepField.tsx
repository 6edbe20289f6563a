/** At which step figures are shown, too; empty: at none. Taken with Enter, or by leaving it. */
import { useState } from "react";
import { Field } from "../../kit/Field";
import styles from "./Compare.module.css";

interface StepFieldProps {
  step: number | null;
  onStep: (step: number | null) => void;
}

export function StepField({ step, onStep }: StepFieldProps) {
  const [text, write] = useState(step === null ? "" : String(step));
  const said = text.trim();
  const wrong = said !== "" && !/^\d{1,15}$/.test(said);
  const take = () => {
    const next = said === "" ? null : Number(said);
    if (!wrong && next !== step) onStep(next);
  };
  return (
    <Field
      className={styles.step}
      label="At step"
      placeholder="none"
      icon={<span>At step</span>}
      inputMode="numeric"
      value={text}
      wrong={wrong ? "A step is a whole number." : null}
      onChange={(event) => write(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
}
