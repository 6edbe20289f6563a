import { describe, expect, it } from "vitest";
import { href, paths, safeNext } from "./paths";
import { makeRouter } from "./routes";

const place = { owner: "ada", project: "llm pre/train" };

describe("every path", () => {
  it.each([
    [paths.projects(), "/"],
    [paths.login(), "/login"],
    [paths.settings(), "/settings"],
    [paths.workspace(place), "/ada/llm%20pre%2Ftrain/workspace"],
    [paths.table(place), "/ada/llm%20pre%2Ftrain/table"],
    [paths.run({ ...place, run: "a1b2c3d4" }), "/ada/llm%20pre%2Ftrain/runs/a1b2c3d4/overview"],
    [paths.runCharts({ ...place, run: "x" }), "/ada/llm%20pre%2Ftrain/runs/x/charts"],
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
