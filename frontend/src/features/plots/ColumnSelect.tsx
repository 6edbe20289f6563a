/** One column of the runs. */
import { Select } from "../../kit/Select";
import { labelOf } from "./columns";

interface ColumnSelectProps {
  label: string;
  names: readonly string[];
  value: string | null;
  none?: string; // what it is called to choose none
  onChange: (name: string | undefined) => void;
}

export function ColumnSelect({ label, names, value, none, onChange }: ColumnSelectProps) {
  const twice = new Set(names.map(labelOf)).size < names.length;
  return (
    <Select
      label={label}
      value={value ?? ""}
      options={[
        ...(none ? [{ value: "", label: none }] : []),
        ...names.map((name) => ({ value: name, label: twice ? name : labelOf(name) })),
      ]}
      onChange={(name) => onChange(name || undefined)}
    />
  );
}
