import { describe, expect, it } from "vitest";
import type { RunKey } from "../../api/objects";
import type { Json } from "../../api/types";
import { labelsIn } from "./labels";
import { chartsOf, panelsOf } from "./panels";

function key(name: string, last: Json, kind: "object" | "number" = "object"): RunKey {
  return { key: name, kind, last, logged: 1, superseded: 0, last_step: 1 } as RunKey;
}

const spec = (panelDefId: Json, tableKey = ""): Json => ({
  panel_type: "Vega2",
  panel_config: {
    panelDefId,
    fieldSettings: { x: "fpr", stroke: null },
    stringSettings: { title: "ROC" },
    userQuery: tableKey && {
      queryFields: [{ fields: [{ args: [{ name: "tableKey", value: tableKey }] }] }],
    },
  },
});
const config = (visualize: Json) => ({ _wandb: { visualize } });

describe("the panels of a run", () => {
  it("are its keys that hold no numbers, and not what was printed", () => {
    const keys = [key("a", "x"), key("loss", 1, "number"), key("console/stdout", "line")];
    expect([...panelsOf(keys, {}).keys()]).toEqual(["a"]);
  });

  it("are charts in place of their tables", () => {
    const keys = [key("roc_table", { _type: "table-file", path: "t" }), key("other", "x")];
    const panels = panelsOf(keys, config({ roc: spec("wandb/area-under-curve/v0", "roc_table") }));
    expect([...panels.keys()]).toEqual(["roc", "other"]);
    expect(panels.get("roc")).toMatchObject({
      kind: "chart",
      values: { key: "roc_table" },
      chart: { fields: { x: "fpr" }, strings: { title: "ROC" } },
    });
  });

  it("leave a chart out whose table was not logged", () => {
    const panels = panelsOf([key("roc", "x")], config({ roc: spec("wandb/line/v0", "roc_table") }));
    expect(panels.get("roc")?.kind).toBe("json");
  });
});

it("a chart's table is the one that it names, else the usual one", () => {
  const table = (said: Json) => chartsOf(config({ k: said })).get("k")?.table;
  expect(table(spec("a", "Custom Chart Tables/k_table"))).toBe("Custom Chart Tables/k_table");
  expect(table(spec("a"))).toBe("k_table");
  expect(table(spec(5))).toBeUndefined();
  for (const odd of [null, "x", [], { panel_config: null }]) expect(table(odd)).toBeUndefined();
  expect(chartsOf({ _wandb: "x" }).size).toBe(0);
  expect(chartsOf({}).size).toBe(0);
});

it("classes that only the configuration names are found by key and layer", () => {
  const value = { "mask/class_labels": { k_wandb_delimeter_truth: { value: { "1": "cat" } } } };
  expect(labelsIn({ _wandb: value }, "k", "truth").get(1)).toBe("cat");
  expect(labelsIn({ _wandb: value }, "k", "other").size).toBe(0);
  expect(labelsIn({}, "k", "truth").size).toBe(0);
});
