import { describe, expect, it } from "vitest";
import { compareUrl, gitOf, repositoryUrl } from "./code";

describe("the code of a run", () => {
  it("is what its environment says of git", () => {
    const git = { commit: "a1b2c3d", branch: "main", dirty: true };
    expect(gitOf({ environment: { git } })).toEqual(git);
    expect(gitOf({ environment: {} })).toEqual({ dirty: false });
    expect(gitOf({ environment: { git: "none" } })).toEqual({ dirty: false });
  });

  it.each([
    ["git@host.example:team/repo.git", "https://host.example/team/repo"],
    ["https://user:secret@host.example/team/repo.git", "https://host.example/team/repo"],
    ["/srv/git/repo", null],
    ["javascript:alert(1)", null],
  ])("has the page of %s at %s", (remote, url) => {
    expect(repositoryUrl(remote)).toBe(url);
  });

  it("is compared where both commits are of one repository", () => {
    const remote = "git@host.example:team/repo.git";
    const [a, b] = ["a1b2c3d", "e4f5a6b"].map((commit) => ({ commit, remote, dirty: false }));
    expect(a && b && compareUrl(a, b)).toBe(
      "https://host.example/team/repo/compare/a1b2c3d...e4f5a6b",
    );
    expect(a && compareUrl(a, a)).toBeNull();
    expect(a && compareUrl(a, { ...a, commit: "../x" })).toBeNull();
  });
});
