/** A field whose value comes back late: see useTyped. */
import type { ComponentProps } from "react";
import { Field } from "./Field";
import { useTyped } from "./useTyped";

interface TypedFieldProps extends Omit<ComponentProps<typeof Field>, "value" | "onChange"> {
  value: string;
  onType: (text: string) => void;
}

export function TypedField({ value, onType, ...rest }: TypedFieldProps) {
  const [text, type] = useTyped(value, onType);
  return <Field {...rest} value={text} onChange={(event) => type(event.target.value)} />;
}
