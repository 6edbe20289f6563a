/** What can be done to parallel axes without a pointer: scale, place and limits of each. */
import { ArrowLeft, ArrowRight, SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import type { Domain, ParallelAxis } from "../../chart";
import { Button, IconButton } from "../../kit/Button";
import { Field } from "../../kit/Field";
import { Popover } from "../../kit/Menu";
import { Select } from "../../kit/Select";
import type { Brushes } from "./brushes";
import styles from "./Plots.module.css";
import { type AxisScale, SCALES } from "./usePlots";

interface AxesProps {
  axes: readonly ParallelAxis[];
  brushes: Brushes;
  onBrushes: (brushes: Brushes) => void;
  onOrder: (names: readonly string[]) => void;
  onScale: (name: string, scale: AxisScale) => void;
}

const NAMES: Record<AxisScale, string> = {
  linear: "Linear",
  log: "Log",
  symlog: "Symlog",
  quantile: "By rank",
};

export function Axes({ axes, brushes, onBrushes, onOrder, onScale }: AxesProps) {
  const names = axes.map(({ key }) => key);
  const move = (at: number, by: -1 | 1) => {
    const next = names.filter((_, place) => place !== at);
    next.splice(at + by, 0, names[at] ?? "");
    onOrder(next);
  };
  const limit = (name: string, domain: Domain | null) => {
    const { [name]: _, ...others } = brushes;
    onBrushes(domain ? { ...others, [name]: domain } : others);
  };
  return (
    <Popover
      align="end"
      label="Axes"
      trigger={
        <Button size="small" variant="ghost" icon={<SlidersHorizontal size={14} aria-hidden />}>
          Axes
        </Button>
      }
    >
      <ul className={styles.axes}>
        {axes.map((axis, at) => (
          <li key={axis.key}>
            <span className={styles.axisName} title={axis.key}>
              {axis.label}
            </span>
            {axis.categories ? (
              <Words axis={axis} brush={brushes[axis.key]} onLimit={limit} />
            ) : (
              <>
                <Select
                  label={`Scale of ${axis.label}`}
                  hidden
                  value={axis.scale}
                  options={SCALES.map((value) => ({ value, label: NAMES[value] }))}
                  onChange={(value) => onScale(axis.key, value as AxisScale)}
                />
                <Limits
                  key={String(brushes[axis.key])}
                  axis={axis}
                  brush={brushes[axis.key]}
                  onLimit={limit}
                />
              </>
            )}
            <IconButton
              size="small"
              label={`Move ${axis.label} left`}
              disabled={at === 0}
              onClick={() => move(at, -1)}
            >
              <ArrowLeft size={14} aria-hidden />
            </IconButton>
            <IconButton
              size="small"
              label={`Move ${axis.label} right`}
              disabled={at === axes.length - 1}
              onClick={() => move(at, 1)}
            >
              <ArrowRight size={14} aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
    </Popover>
  );
}

interface LimitProps {
  axis: ParallelAxis;
  brush: Domain | undefined;
  onLimit: (name: string, domain: Domain | null) => void;
}

/** Of words one, or all of them. */
function Words({ axis, brush, onLimit }: LimitProps) {
  const one = brush && axis.categories?.findIndex((_, at) => at >= brush[0] && at <= brush[1]);
  return (
    <Select
      label={`Values of ${axis.label}`}
      hidden
      value={one === undefined ? "" : String(one)}
      options={[
        { value: "", label: "All" },
        ...(axis.categories ?? []).map((label, at) => ({ value: String(at), label })),
      ]}
      onChange={(value) =>
        onLimit(axis.key, value === "" ? null : [Number(value) - 0.5, Number(value) + 0.5])
      }
    />
  );
}

/** From and to; an end that is left empty is open. */
function Limits({ axis, brush, onLimit }: LimitProps) {
  const told = (value: number | undefined) =>
    value === undefined ? "" : String(+value.toPrecision(4));
  const [from, setFrom] = useState(told(brush?.[0]));
  const [to, setTo] = useState(told(brush?.[1]));
  const take = () => {
    if (from === told(brush?.[0]) && to === told(brush?.[1])) return;
    if (!from.trim() && !to.trim()) return onLimit(axis.key, null);
    const finite = Array.from(axis.values).filter(Number.isFinite);
    const ends = finite.reduce<Domain>(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    const domain: Domain = [from.trim() ? Number(from) : ends[0], to.trim() ? Number(to) : ends[1]];
    if (!domain.some(Number.isNaN)) onLimit(axis.key, domain);
  };
  const end = (label: string, value: string, write: (text: string) => void) => (
    <Field
      className={styles.limit}
      label={`${axis.label} ${label}`}
      placeholder={label}
      inputMode="decimal"
      value={value}
      wrong={value.trim() && Number.isNaN(Number(value)) ? "a number" : null}
      onChange={(event) => write(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
  return (
    <>
      {end("from", from, setFrom)}
      {end("to", to, setTo)}
    </>
  );
}
