/** What the charts are drawn over: steps, time, or another metric. */
import { ChevronDown } from "lucide-react";
import { Button } from "../../kit/Button";
import { Menu, MenuChoice, MenuLabel, MenuLine } from "../../kit/Menu";
import styles from "./ViewBar.module.css";
import { axisOf, overMetric, type X } from "./view";

const AXES: readonly { value: X; label: string }[] = [
  { value: "step", label: "Step" },
  { value: "relative", label: "Relative time" },
  { value: "wall", label: "Wall time" },
];
const MOST_METRICS = 300;

/** The axes there are, by what the URL calls them; the one in use is always among them. */
export function xMetrics(keys: readonly string[], x: X): { value: X; label: string }[] {
  const { xKey } = axisOf(x);
  const first = keys.filter((key) => !key.startsWith("system/")).slice(0, MOST_METRICS);
  const all = xKey && !first.includes(xKey) ? [xKey, ...first] : first;
  return all.map((key) => ({ value: overMetric(key), label: key }));
}

interface XMenuProps {
  x: X;
  keys: readonly string[];
  onChange: (x: X) => void;
}

export function XMenu({ x, keys, onChange }: XMenuProps) {
  const metrics = xMetrics(keys, x);
  return (
    <Menu
      trigger={
        <Button className={styles.x}>
          <span className={styles.dim}>X</span>
          <span>{AXES.find(({ value }) => value === x)?.label ?? axisOf(x).xKey}</span>
          <ChevronDown size={14} aria-hidden />
        </Button>
      }
    >
      <MenuChoice<X> value={x} options={AXES} onChange={onChange} />
      {metrics.length > 0 && (
        <>
          <MenuLine />
          <MenuLabel>Another metric</MenuLabel>
          <MenuChoice<X> value={x} options={metrics} onChange={onChange} />
        </>
      )}
    </Menu>
  );
}
