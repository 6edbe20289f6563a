/** A pattern over the runs that are loaded: what the `.*` toggle of the run list does. */
import type { Run } from "../../api/types";

export interface Pattern {
  test: (run: Run) => boolean;
  wrong: string | null; // what is wrong with the pattern, in the browser's words
}

export function pattern(text: string): Pattern {
  try {
    const compiled = new RegExp(text, "i");
    const fields = (run: Run) => [run.name, run.id, run.group, ...run.tags];
    return { test: (run) => fields(run).some((one) => one && compiled.test(one)), wrong: null };
  } catch (error) {
    return {
      test: () => true,
      wrong: (error as Error).message.replace(/^Invalid regular expression: /, ""),
    };
  }
}
