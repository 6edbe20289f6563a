import { describe, expect, it } from "vitest";
import { dressed, readFigure } from "./figure";
import { heard } from "./useFrame";

const state = { ready: false, shown: false, height: null, refused: [], failed: null };

describe("what a frame says", () => {
  it("is numbers and short texts, whatever it sends", () => {
    expect(heard(state, { frame: "ready" }).ready).toBe(true);
    expect(heard(state, { frame: "height", height: "120" }).height).toBe(120);
    for (const odd of [null, "ready", { frame: "other" }, { frame: "height", height: "x" }]) {
      expect(heard(state, odd)).toBe(state);
    }
    const long = heard(state, { frame: "failed", reason: "x".repeat(5000) });
    expect(long.failed).toHaveLength(200);
  });

  it("names each host that it was refused once, and five at most", () => {
    let now = heard(state, { frame: "refused", uri: "https://cdn.example/a.js" });
    now = heard(now, { frame: "refused", uri: "https://cdn.example/b.js" });
    expect(now.refused).toEqual(["cdn.example"]);
    for (let host = 0; host < 9; host += 1) {
      now = heard(now, { frame: "refused", uri: `https://h${host}.example/` });
    }
    expect(now.refused).toHaveLength(5);
  });
});

describe("a figure", () => {
  it("is what a file of Plotly holds, or nothing", () => {
    expect(readFigure('{"data": [{"type": "bar"}]}', "light")?.data).toHaveLength(1);
    for (const text of ["", "null", "[]", '{"data": 1}'])
      expect(readFigure(text, "dark")).toBeNull();
  });

  it("wears the colours of the page only where its author chose none", () => {
    const template = { layout: { colorway: ["#123456"], paper_bgcolor: "white" } };
    const layout = dressed({ paper_bgcolor: "pink", template, title: "T" }, "dark");
    expect(layout.paper_bgcolor).toBe("pink");
    const worn = (layout.template as typeof template).layout;
    expect(worn.colorway).toEqual(["#123456"]);
    expect(worn.paper_bgcolor).not.toBe("white");
  });
});
