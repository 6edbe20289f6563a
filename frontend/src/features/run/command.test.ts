import { describe, expect, it } from "vitest";
import { quoted, resumeCommand, startedWith } from "./command";

const run = { owner: "ada", project: "digits", id: "a1", environment: {} };

describe("how a run was started", () => {
  it("is its program and its words, as a shell takes them", () => {
    const environment = { program: "train.py", argv: ["--lr", "0.1", "--name", "it's a name"] };
    expect(startedWith({ environment })).toBe("python train.py --lr 0.1 --name 'it'\\''s a name'");
    expect(startedWith({ environment: {} })).toBeNull();
  });

  it("is quoted wherever a shell would read more than a word", () => {
    expect(quoted("$(rm -rf ~)")).toBe("'$(rm -rf ~)'");
    expect(quoted("a/b-c.py")).toBe("a/b-c.py");
    expect(quoted("")).toBe("''");
  });

  it("goes on with the same run", () => {
    expect(resumeCommand(run)).toBe(
      "WANLLMDB_ENTITY=ada WANLLMDB_PROJECT=digits WANLLMDB_RUN_ID=a1 WANLLMDB_RESUME=must python train.py",
    );
  });
});
