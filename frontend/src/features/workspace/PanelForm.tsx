import { type ReactNode, useId, useState } from "react";
import { Button } from "../../kit/Button";
import { Check } from "../../kit/Check";
import { Field, Slider } from "../../kit/Field";
import { Select } from "../../kit/Select";
import { TypedField } from "../../kit/TypedField";
import { useCharts } from "./charts";
import { wrongWith } from "./expression";
import {
  AXIS_SCALES,
  LINE_MODES,
  member,
  type PanelLayout,
  type Range,
  type Settings,
  withPanel,
} from "./layout";
import styles from "./PanelSettings.module.css";
import { matching } from "./panel-content";
import { type Scope, withoutSettings, withSettings } from "./settings";
import { usePanel } from "./usePanel";
import type { SmoothingKind, X } from "./view";
import { xMetrics } from "./XMenu";

const SCOPES: Record<Scope, string> = {
  panel: "This panel",
  section: "Section",
  workspace: "Workspace",
};
const SMOOTHING: Record<SmoothingKind, string> = {
  time: "Time-weighted EMA",
  ema: "EMA",
  gaussian: "Gaussian",
  mean: "Running average",
};
const SCALES = { linear: "Linear", log: "Log", symlog: "Symlog" };
const MODES = { auto: "Last, and extremes", full: "Full range", last: "Last", mean: "Mean" };

export default function PanelForm({ id, section }: { id: string; section: string }) {
  const { change, keys } = useCharts();
  const { settings, own } = usePanel(id, section);
  const [scope, setScope] = useState<Scope>("panel");
  const set = (next: Settings) =>
    change((view) => withSettings(view, { scope, section, id }, next), { replace: true });
  const axes: Record<string, string> = {
    step: "Step",
    relative: "Relative time",
    wall: "Wall time",
    ...Object.fromEntries(xMetrics(keys, settings.x).map(({ value, label }) => [value, label])),
  };
  return (
    <div className={styles.form}>
      <fieldset className={styles.scope}>
        <legend className="hidden-text">Applies to</legend>
        {(Object.keys(SCOPES) as Scope[]).map((one) => (
          <label key={one} data-chosen={scope === one || undefined}>
            <input
              type="radio"
              name="scope"
              checked={scope === one}
              onChange={() => setScope(one)}
            />
            {SCOPES[one]}
          </label>
        ))}
      </fieldset>
      {scope === "panel" && <Content id={id} section={section} />}
      <Select
        above
        label="X axis"
        value={settings.x}
        options={listed(axes)}
        onChange={(x) => set({ x: x as X })}
      />
      <Pair>
        <Select
          above
          label="X scale"
          value={settings.xScale}
          options={listed(SCALES)}
          onChange={(xScale) => set({ xScale: AXIS_SCALES.find((one) => one === xScale) })}
        />
        <Select
          above
          label="Y scale"
          value={settings.yScale}
          options={listed(SCALES)}
          onChange={(yScale) => set({ yScale: AXIS_SCALES.find((one) => one === yScale) })}
        />
      </Pair>
      <Ends label="X" value={settings.xRange} onChange={(xRange) => set({ xRange })} />
      <Ends label="Y" value={settings.yRange} onChange={(yRange) => set({ yRange })} />
      <Select
        above
        label="Smoothing"
        value={settings.smoothKind}
        options={listed(SMOOTHING)}
        onChange={(kind) => set({ smoothKind: kind as SmoothingKind })}
      />
      <span className={styles.amount}>
        <Slider
          label="Amount of smoothing"
          value={settings.smooth}
          onChange={(smooth) => set({ smooth: Math.min(0.99, smooth) })}
        />
        <output>{settings.smooth.toFixed(2)}</output>
      </span>
      <Select
        above
        label="Line"
        value={settings.lineMode}
        options={listed(MODES)}
        onChange={(mode) => set({ lineMode: LINE_MODES.find((one) => one === mode) })}
      />
      <Check value={settings.band} onChange={(band) => set({ band })}>
        Range as a band
      </Check>
      <Check value={settings.clip} onChange={(clip) => set({ clip })}>
        Clip outliers
      </Check>
      <Check value={settings.legend} onChange={(legend) => set({ legend })}>
        Legend
      </Check>
      {own && (
        <Button size="small" onClick={() => change((view) => withoutSettings(view, id))}>
          As its section
        </Button>
      )}
    </div>
  );
}

const listed = (options: Record<string, string>) =>
  Object.entries(options).map(([value, label]) => ({ value, label }));

/** What the panel draws, and what it is called. */
function Content({ id, section }: { id: string; section: string }) {
  const { change, keys, view } = useCharts();
  const { content } = usePanel(id, section);
  const panel = member(view.layout.panels, id) ?? {};
  const list = useId();
  const [added, add] = useState("");
  const set = (next: PanelLayout) =>
    change((before) => ({ ...before, layout: withPanel(before.layout, id, next) }), {
      replace: true,
    });
  const own = panel.keys ?? (panel.pattern ? [] : [id].filter((one) => !one.startsWith("+")));
  const take = (key: string) => {
    add(key);
    if (!keys.includes(key)) return;
    set({ keys: [...new Set([...own, key])] });
    add("");
  };
  const wrong = panel.pattern ? wrongPattern(panel.pattern) : null;
  return (
    <>
      <TypedField
        label="Title"
        labelled
        placeholder={content.title}
        value={panel.title ?? ""}
        onType={(text) => set({ title: text || undefined })}
      />
      <ul className={styles.keys} aria-label="Metrics of the panel">
        {own.map((key) => (
          <li key={key}>
            {key}
            <button
              type="button"
              aria-label={`Without ${key}`}
              onClick={() => set({ keys: own.filter((one) => one !== key) })}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <Field
        label="Add a metric"
        labelled
        list={list}
        placeholder="train/loss"
        value={added}
        onChange={(event) => take(event.target.value)}
      />
      <datalist id={list}>
        {keys.slice(0, 500).map((key) => (
          <option key={key} value={key} />
        ))}
      </datalist>
      <TypedField
        label="All that match a pattern"
        labelled
        placeholder="^val/.*loss$"
        value={panel.pattern ?? ""}
        wrong={wrong}
        onType={(text) => set({ pattern: text || undefined })}
      />
      {panel.pattern && !wrong && (
        <p className={styles.note}>{matching(panel.pattern, keys).length} metrics match</p>
      )}
      <TypedField
        label="Expression"
        labelled
        placeholder="train/loss - val/loss"
        value={panel.expression ?? ""}
        wrong={panel.expression ? wrongWith(panel.expression) : null}
        onType={(text) => set({ expression: text || undefined })}
      />
    </>
  );
}

function wrongPattern(text: string): string | null {
  try {
    new RegExp(text);
    return null;
  } catch (error) {
    return (error as Error).message.replace(/^Invalid regular expression: /, "");
  }
}

function Pair({ children }: { children: ReactNode }) {
  return <div className={styles.pair}>{children}</div>;
}

interface EndsProps {
  label: string;
  value: Range;
  onChange: (value: Range) => void;
}

const read = (text: string) =>
  text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text);

function Ends({ label, value: [low, high], onChange }: EndsProps) {
  return (
    <Pair>
      <Field
        label={`${label} from`}
        labelled
        type="number"
        step="any"
        placeholder="auto"
        defaultValue={low ?? ""}
        onChange={(event) => onChange([read(event.target.value), high])}
      />
      <Field
        label={`${label} to`}
        labelled
        type="number"
        step="any"
        placeholder="auto"
        defaultValue={high ?? ""}
        onChange={(event) => onChange([low, read(event.target.value)])}
      />
    </Pair>
  );
}
