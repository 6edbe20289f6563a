/** How a picture for print is wanted: its kind, size, text and lines. Loaded when it is opened. */
import { useState } from "react";
import { Button } from "./Button";
import { Check } from "./Check";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import styles from "./PublishDialog.module.css";
import { Select } from "./Select";

export interface Publishing {
  format: "pdf" | "svg";
  width: number;
  height: number;
  unit: "mm" | "in" | "px";
  fontSize: number;
  font: "sans" | "serif" | "mono";
  lineWidth: number;
  legend: "none" | "bottom" | "right";
  title: boolean;
}

interface PublishDialogProps {
  name: string;
  onTake: (how: Publishing) => Promise<void>;
  onClose: () => void;
}

const USUAL: Publishing = {
  format: "pdf",
  width: 160,
  height: 90,
  unit: "mm",
  fontSize: 8,
  font: "sans",
  lineWidth: 1,
  legend: "none",
  title: false,
};
const LARGEST = { mm: 1000, in: 40, px: 4000 };
const PER_MM = { mm: 1, in: 1 / 25.4, px: 96 / 25.4 };

const FORMATS = [
  { value: "pdf", label: "PDF" },
  { value: "svg", label: "SVG" },
];
const UNITS = [
  { value: "mm", label: "mm" },
  { value: "in", label: "inches" },
  { value: "px", label: "pixels" },
];
const FONTS = [
  { value: "sans", label: "Helvetica" },
  { value: "serif", label: "Times" },
  { value: "mono", label: "Courier" },
];
const LEGENDS = [
  { value: "none", label: "None" },
  { value: "bottom", label: "Below" },
  { value: "right", label: "At the right" },
];

/** The same size in another unit, in as many digits as anybody would write. */
export function inUnit(value: number, from: Publishing["unit"], to: Publishing["unit"]): number {
  const exact = (value / PER_MM[from]) * PER_MM[to];
  return to === "in" ? Math.round(exact * 100) / 100 : Math.round(exact);
}

export default function PublishDialog({ name, onTake, onClose }: PublishDialogProps) {
  const [how, choose] = useState(USUAL);
  const [busy, work] = useState(false);
  const [wrong, blame] = useState<string | null>(null);
  const set = (change: Partial<Publishing>) => choose({ ...how, ...change });
  const rescale = (unit: Publishing["unit"]) =>
    set({
      unit,
      width: inUnit(how.width, how.unit, unit),
      height: inUnit(how.height, how.unit, unit),
    });
  const fits = (value: number, most: number) => value > 0 && value <= most;
  const sizes =
    fits(how.width, LARGEST[how.unit]) &&
    fits(how.height, LARGEST[how.unit]) &&
    fits(how.fontSize, 72) &&
    fits(how.lineWidth, 20);
  const take = () => {
    work(true);
    blame(null);
    onTake(how)
      .then(onClose, (error: Error) => blame(error.message))
      .finally(() => work(false));
  };
  const figure = (label: string, key: "width" | "height" | "fontSize" | "lineWidth") => (
    <Field
      labelled
      label={label}
      type="number"
      min={0}
      step="any"
      value={how[key] || ""}
      onChange={(event) => set({ [key]: event.target.valueAsNumber || 0 })}
    />
  );
  return (
    <Dialog label={`Publish ${name}`} onClose={onClose}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          take();
        }}
      >
        <div className={styles.row}>
          <Select
            label="Format"
            value={how.format}
            options={FORMATS}
            onChange={(value) => set({ format: value as Publishing["format"] })}
          />
          <Select
            label="Unit"
            value={how.unit}
            options={UNITS}
            onChange={(value) => rescale(value as Publishing["unit"])}
          />
        </div>
        <div className={styles.pair}>
          {figure("Width", "width")}
          {figure("Height", "height")}
          {figure("Text size, points", "fontSize")}
          {figure("Line width, points", "lineWidth")}
        </div>
        <div className={styles.row}>
          <Select
            label="Text"
            value={how.font}
            options={FONTS}
            onChange={(value) => set({ font: value as Publishing["font"] })}
          />
          <Select
            label="Legend"
            value={how.legend}
            options={LEGENDS}
            onChange={(value) => set({ legend: value as Publishing["legend"] })}
          />
          <Check value={how.title} onChange={(title) => set({ title })}>
            Title
          </Check>
        </div>
        {wrong && (
          <p role="alert" className={styles.wrong}>
            {wrong}
          </p>
        )}
        <div className={styles.foot}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={busy || !sizes}>
            Download
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
