/** Which states are shown: any number of them, or all. */
import { CircleDot } from "lucide-react";
import { Button } from "../../kit/Button";
import { Popover } from "../../kit/Menu";
import { STATES, type State, StateDot } from "../../kit/marks";
import styles from "./RunsTable.module.css";

interface StateFilterProps {
  chosen: readonly State[];
  onChange: (states: State[]) => void;
}

/** The states that a URL names, in the order of the list; others are passed over. */
export function readStates(text: string | undefined): State[] {
  const named = new Set((text ?? "").split(","));
  return STATES.filter((state) => named.has(state));
}

export function StateFilter({ chosen, onChange }: StateFilterProps) {
  const flip = (state: State) =>
    onChange(STATES.filter((one) => chosen.includes(one) !== (one === state)));
  const [first] = chosen;
  const label = chosen.length > 1 ? `${chosen.length} states` : (first ?? "State");
  return (
    <Popover
      align="end"
      label="States"
      trigger={
        <Button icon={<CircleDot size={15} aria-hidden />} data-testid="state-filter">
          {label}
        </Button>
      }
    >
      <div className={styles.picker}>
        <ul className={styles.choices}>
          {STATES.map((state) => (
            <li key={state}>
              <label>
                <input
                  type="checkbox"
                  checked={chosen.includes(state)}
                  onChange={() => flip(state)}
                />
                <StateDot state={state} words />
              </label>
            </li>
          ))}
        </ul>
        <Button size="small" disabled={chosen.length === 0} onClick={() => onChange([])}>
          All states
        </Button>
      </div>
    </Popover>
  );
}
