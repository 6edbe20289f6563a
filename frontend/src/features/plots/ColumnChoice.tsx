/** Which columns are drawn; by itself the page takes those that differ. */
import { Button } from "../../kit/Button";
import { count } from "../../kit/format";
import { NameChoice } from "../../kit/NameChoice";

interface ColumnChoiceProps {
  names: readonly string[];
  chosen: readonly string[];
  most: number;
  automatic: boolean;
  onChange: (names: string[] | null) => void;
}

export function ColumnChoice({ names, chosen, most, automatic, onChange }: ColumnChoiceProps) {
  const flip = (name: string) =>
    onChange(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  return (
    <NameChoice
      label="Columns"
      names={names}
      chosen={chosen}
      most={most}
      said={count(chosen.length)}
      onFlip={flip}
      foot={() => (
        <Button size="small" disabled={automatic} onClick={() => onChange(null)}>
          What differs
        </Button>
      )}
    />
  );
}
