import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { useTyped } from "./useTyped";

it("keeps every letter while older values come back, and takes what comes from elsewhere", () => {
  const told: string[] = [];
  const { result, rerender } = renderHook(
    ({ value }) => useTyped(value, (text) => told.push(text)),
    {
      initialProps: { value: "" },
    },
  );
  for (const text of ["v", "va", "val"]) act(() => result.current[1](text));
  expect(told).toEqual(["v", "va", "val"]);
  rerender({ value: "v" });
  expect(result.current[0]).toBe("val");
  rerender({ value: "val" });
  expect(result.current[0]).toBe("val");
  rerender({ value: "" });
  expect(result.current[0]).toBe("");
});
