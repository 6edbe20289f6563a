/** The keys of the page, and whether single letters act. */

import { useState } from "react";
import { Check } from "../../kit/Check";
import { Dialog } from "../../kit/Dialog";
import { lettersAct, setLettersAct } from "../../kit/shortcuts";
import styles from "./KeyHelp.module.css";

const KEYS = [
  ["⌘ K  or  /", "Search"],
  ["⌘ /  or  ?", "These keys"],
  ["g w, g r, g c", "Workspace, runs, compare"],
  ["g l, g p", "Plots, all projects"],
  ["f", "Filter runs; follow the log"],
  ["p", "Find panels"],
  ["j, k", "Next, previous run"],
  ["x or space", "Show or hide the run"],
  ["b", "Make the run the baseline"],
  ["Enter or o", "Open the run; of a chart, full screen"],
  ["← →, + −, 0", "In a chart: move the cursor, zoom, all of it"],
  ["Esc", "Close one layer"],
  ["⌘ Z, ⇧ ⌘ Z", "Undo, redo"],
  ["⌘ S", "Save the view"],
  ["⌘ J", "Fold the list of runs"],
  ["Alt M", "Light or dark"],
] as const;

export default function KeyHelp({ onClose }: { onClose: () => void }) {
  const [letters, setLetters] = useState(lettersAct());
  const toggle = (on: boolean) => {
    setLettersAct(on);
    setLetters(on);
  };
  return (
    <Dialog label="Keys" onClose={onClose}>
      <dl className={styles.keys}>
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className={styles.letters}>
        <Check value={letters} onChange={toggle}>
          Single letters act (⌘ is Ctrl where there is none)
        </Check>
      </div>
    </Dialog>
  );
}
