import { beforeEach, expect, test } from "vitest";
import { DEPTH, keepSteps, nothing, readSteps, redone, type Step, undone, withStep } from "./undo";

let made = 0;

function step(text: string, at: number, names = ""): Step {
  made += 1;
  const look = (search: string) => [{ do: "look" as const, search: { q: search } }];
  return { id: `s${made}`, text, names, at, undo: look(`before ${text}`), redo: look(text) };
}

beforeEach(() => sessionStorage.clear());

test("steps go back and on again, and a new one forgets what was taken back", () => {
  let steps = withStep(withStep(nothing, step("a", 0)), step("b", 0));
  const [last, back] = undone(steps) ?? [];
  expect(last?.text).toBe("b");
  if (!back) throw new Error("nothing was undone");
  expect(redone(back)?.[0].text).toBe("b");
  steps = withStep(back, step("c", 0));
  expect(steps.past.map(({ text }) => text)).toEqual(["a", "c"]);
  expect(redone(steps)).toBeNull();
  expect(undone(nothing)).toBeNull();
});

test("what is typed in one go is one step, and goes back to where it began", () => {
  let steps = withStep(nothing, step("l", 0, "q"));
  steps = withStep(steps, step("lr", 300, "q"));
  expect(steps.past).toHaveLength(1);
  expect(steps.past[0]?.undo).toEqual([{ do: "look", search: { q: "before l" } }]);
  expect(steps.past[0]?.redo).toEqual([{ do: "look", search: { q: "lr" } }]);
  steps = withStep(steps, step("lr 2", 9000, "q"));
  expect(steps.past).toHaveLength(2);
});

test("fifty are kept, and outlive a reload", () => {
  let steps = nothing;
  for (let n = 0; n < DEPTH + 5; n += 1) steps = withStep(steps, step(`${n}`, n));
  keepSteps("here", steps);
  expect(readSteps("here").past.map(({ text }) => text)[0]).toBe("5");
  expect(readSteps("elsewhere")).toEqual(nothing);
  sessionStorage.setItem("wanllmdb.steps.here", "{");
  expect(readSteps("here")).toEqual(nothing);
});
