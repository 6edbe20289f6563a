/** One column of the runs. */
import { Select } from "../../kit/Select";
import { labelsOf } from "./columns";

interface ColumnSelectProps {
  label: string;
  names: readonly string[];
  value: string | null;
  none?: string; // what it is called to choose none
  onChange: (name: string | undefined) => void;
}

export function ColumnSelect({ label, names, value, none, onChange }: ColumnSelectProps) {
  const labels = labelsOf(names);
  return (
    <Select
      label={label}
      value={value ?? ""}
      options={[
        ...(none ? [{ value: "", label: none }] : []),
        ...names.map((name, at) => ({ value: name, label: labels[at] ?? name })),
      ]}
      onChange={(name) => onChange(name || undefined)}
    />
  );
}
