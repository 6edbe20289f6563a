import { describe, expect, it } from "vitest";
import { digestOf, fileUrl } from "./file-place";
import { joined, type Objects } from "./objects";

const place = { owner: "ada", project: "a b", run: "r/1" };

describe("the address of a file", () => {
  it("is spelled so that nothing in it is more than a name", () => {
    const path = "media/images/é?#.png";
    expect(fileUrl(place, { path, digest: null })).toBe(
      "/api/v1/projects/ada/a%20b/runs/r%2F1/files/media/images/%C3%A9%3F%23.png",
    );
  });

  it("says the digest where it is known, so that the browser may keep the file", () => {
    const digest = "0123456789abcdef0123";
    expect(digestOf(`media/images/k_${digest}.mask.png`)).toBe(digest);
    expect(fileUrl(place, { path: "a", digest })).toMatch(new RegExp(`a\\?digest=${digest}$`));
    expect(fileUrl(place, { path: "a", digest: "x&y" })).not.toContain("digest");
    expect(digestOf("a.png")).toBeNull();
  });

  it.each(["../../me", "a/../b", "./a", "", "a//b", "/a", ".."])("is none for %j", (path) => {
    expect(fileUrl(place, { path, digest: null })).toBeNull();
  });
});

describe("a series that is known", () => {
  const series = (step: number[], value: string[]): Objects => ({
    logged: value.length,
    superseded: 0,
    step,
    time: step,
    value,
    cut: false,
  });

  it("goes on with what came from its last step on, and has nothing twice", () => {
    const known = series([1, 2, 2], ["a", "b", "c"]);
    expect(joined(known, series([2, 2, 3], ["b", "c", "d"])).value).toEqual(["a", "b", "c", "d"]);
    expect(joined(known, series([], [])).value).toEqual(["a", "b", "c"]);
    expect(joined(series([], []), series([4], ["x"])).step).toEqual([4]);
  });
});
