/** The classes of what lies over images; each is switched on and off, or a whole layer at once. */
import { runColor } from "../../../kit/marks";
import styles from "./Images.module.css";
import type { LegendLayer, Switches } from "./useLayers";

interface LegendProps {
  layers: readonly LegendLayer[];
  switches: Switches;
}

export function Legend({ layers, switches }: LegendProps) {
  if (layers.length === 0) return null;
  return (
    <div className={styles.legend} data-testid="legend">
      {layers.map((layer) => {
        const on = (part: LegendLayer["parts"][number]) =>
          switches.isOn(layer.name, part.of, part.nothing);
        const some = layer.parts.some(on);
        return (
          <fieldset key={layer.name} className={styles.group}>
            <legend className="hidden-text">{layer.name}</legend>
            <button
              type="button"
              className={styles.all}
              aria-pressed={some}
              onClick={() =>
                switches.toggle(
                  layer.parts.map((part) => part.name),
                  !some,
                )
              }
            >
              {layer.name}
            </button>
            {layer.parts.map((part) => (
              <button
                key={part.name}
                type="button"
                className={styles.class}
                aria-pressed={on(part)}
                style={{ "--mark": runColor(part.of) } as React.CSSProperties}
                onClick={() => switches.toggle([part.name], !on(part))}
              >
                <span className={styles.mark} aria-hidden />
                {part.label}
              </button>
            ))}
          </fieldset>
        );
      })}
    </div>
  );
}
