import { describe, expect, it } from "vitest";
import { href, paths, safeNext } from "./paths";
import { makeRouter } from "./routes";

const place = { owner: "ada", project: "llm pre/train" };

describe("every path", () => {
  it.each([
    [paths.projects(), "/"],
    [paths.login(), "/login"],
    [paths.settings(), "/settings"],
    [paths.short("a1"), "/s/a1"],
    [paths.workspace(place), "/ada/llm%20pre%2Ftrain/workspace"],
    [paths.table(place), "/ada/llm%20pre%2Ftrain/table"],
    [paths.compare(place), "/ada/llm%20pre%2Ftrain/compare"],
    [paths.bin(place), "/ada/llm%20pre%2Ftrain/bin"],
    [paths.plots(place), "/ada/llm%20pre%2Ftrain/plots"],
    [paths.compareAny(), "/runs/compare"],
    [paths.run({ ...place, run: "a1b2c3d4" }), "/ada/llm%20pre%2Ftrain/runs/a1b2c3d4/overview"],
    [paths.runCharts({ ...place, run: "x" }), "/ada/llm%20pre%2Ftrain/runs/x/charts"],
    [paths.runSystem({ ...place, run: "x" }), "/ada/llm%20pre%2Ftrain/runs/x/system"],
    [paths.runMedia({ ...place, run: "x" }), "/ada/llm%20pre%2Ftrain/runs/x/media"],
    [paths.runLogs({ ...place, run: "x" }), "/ada/llm%20pre%2Ftrain/runs/x/logs"],
    [paths.runArtifacts({ ...place, run: "x" }), "/ada/llm%20pre%2Ftrain/runs/x/artifacts"],
    [paths.runCode({ ...place, run: "x" }), "/ada/llm%20pre%2Ftrain/runs/x/code"],
    [paths.runFiles({ ...place, run: "x" }), "/ada/llm%20pre%2Ftrain/runs/x/files"],
  ])("%o is %s, and a page serves it", (target, text) => {
    expect(href(target)).toBe(text);
    expect(Object.keys(makeRouter().routesByPath)).toContain(target.to);
  });
});

describe("where a sign-in leads", () => {
  it.each([
    ["/ada/p/workspace?x=wall", "/ada/p/workspace?x=wall"],
    ["https://evil.example", "/"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    [undefined, "/"],
  ])("%s leads to %s", (next, target) => {
    expect(safeNext(next)).toBe(target);
  });
});
