/** Which metrics are shown: one choice for all parts of the comparison. */
import { Button } from "../../kit/Button";
import { count } from "../../kit/format";
import { NameChoice } from "../../kit/NameChoice";

interface KeyChoiceProps {
  keys: readonly string[];
  chosen: readonly string[];
  most: number;
  onChange: (keys: string[]) => void;
}

export function KeyChoice({ keys, chosen, most, onChange }: KeyChoiceProps) {
  const held = new Set(chosen);
  const choose = (next: ReadonlySet<string>) =>
    onChange(keys.filter((key) => next.has(key)).slice(0, most));
  const flip = (key: string) => {
    const next = new Set(held);
    if (!next.delete(key)) next.add(key);
    choose(next);
  };
  return (
    <NameChoice
      label="Metrics"
      names={keys}
      chosen={chosen}
      most={most}
      said={`${count(chosen.length)} of ${count(keys.length)}`}
      onFlip={flip}
      foot={(found, searched) => (
        <>
          <Button size="small" onClick={() => choose(new Set([...held, ...found]))}>
            {searched ? "All found" : "All"}
          </Button>
          <Button size="small" onClick={() => choose(new Set())}>
            None
          </Button>
        </>
      )}
    />
  );
}
