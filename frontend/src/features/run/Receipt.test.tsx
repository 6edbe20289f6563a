/** The loss receipt: what the line says at a glance, and what is behind it. */
import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Fetch, useFetcher } from "../../api/client";
import { queryClient } from "../../api/queries";
import type { Receipt, Run } from "../../api/types";
import { TooltipProvider } from "../../kit/Tooltip";
import { headline, ReceiptLine, sum } from "./Receipt";

const run = { owner: "ada", project: "digits", id: "a1b2", state: "finished" } as Run;

const complete: Receipt = {
  state: "complete",
  rows: 1_204_331,
  logged: null,
  stored: 1_204_331,
  lost: {},
  points: 9_000_000,
  found: null,
  damaged: [],
  reasons: [],
  notes: [],
  writers: [
    {
      writer: "3f-18c-a1",
      label: "rank-0",
      killed: false,
      said: 1_204_331,
      stored: 1_204_331,
      lost: 0,
      points: 9_000_000,
    },
  ],
};

const incomplete: Receipt = {
  ...complete,
  state: "incomplete",
  stored: 1_200_202,
  lost: { disk: 6 },
  reasons: [
    { code: "disk", count: 6, text: "6 rows never reached the disk", detail: "full", remedy: "" },
    { code: "missing", count: 4123, text: "4 123 rows are not here", detail: "", remedy: "sync." },
  ],
  writers: [
    {
      writer: "rank-0",
      label: "",
      killed: false,
      said: null,
      stored: 1_200_202,
      lost: 6,
      points: null,
    },
  ],
};

let answer: (recount: boolean) => Response;
let before: Fetch;

beforeEach(() => {
  queryClient.clear();
  answer = () => Response.json(complete);
  before = useFetcher(async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    expect(pathname).toBe("/api/v1/projects/ada/digits/runs/a1b2/receipt");
    return answer(searchParams.get("recount") === "true");
  });
});
afterEach(() => {
  useFetcher(before);
});

function show() {
  render(
    <QueryClientProvider client={queryClient}>
      <TooltipProvider>
        <ReceiptLine run={run} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return userEvent.setup();
}

const words = (element: HTMLElement) => element.textContent?.replaceAll("\u00a0", " ");

describe("the line", () => {
  it("of a complete run tells its rows", async () => {
    show();
    const line = await screen.findByRole("button", { name: /^Loss receipt, complete/ });
    expect(words(line)).toBe("complete: 1 204 331 rows");
    expect(line.dataset.state).toBe("complete");
  });

  it("of a complete run tells the rows that were logged, where they are told apart", () => {
    const told: Receipt = { ...complete, rows: 1010, stored: 1010, logged: 1000 };
    expect(headline(told).replaceAll("\u00a0", " ")).toBe("1 000 rows");
    expect(sum(told).replaceAll("\u00a0", " ")).toBe(
      "1 000 rows logged and 10 lines and readings of the machine, 1 010 stored in all.",
    );
    expect(sum({ ...told, logged: 1009 })).toContain("1 line or reading of the machine");
  });

  it("of an incomplete run tells the first reason", () => {
    expect(headline(incomplete)).toBe("6 rows never reached the disk");
  });

  it("of a run that goes on tells how far it is", () => {
    const open: Receipt = { ...complete, state: "open", stored: 1, rows: null };
    expect(headline(open)).toBe("1 row so far");
    const reason = { code: "no-total", count: null, text: "", detail: "", remedy: "" };
    expect(headline({ ...open, reasons: [reason] })).toBe("1 row, no total said");
  });

  it("is not there where the server knows of no receipts", async () => {
    answer = () => Response.json({ status: 404, detail: "No such page." }, { status: 404 });
    show();
    await Promise.resolve();
    expect(screen.queryByTestId("receipt")).toBeNull();
  });
});

describe("what is behind the line", () => {
  it("opens by keyboard, tells every reason and what to do, and closes with Escape", async () => {
    answer = () => Response.json(incomplete);
    const user = show();
    await screen.findByTestId("receipt");
    await user.tab();
    await user.keyboard("{Enter}");
    const receipt = await screen.findByRole("dialog", { name: "Loss receipt" });
    expect(words(receipt)).toContain("1 204 331 rows logged, 1 200 202 stored.");
    for (const text of ["6 rows never", "full", "4 123 rows", "sync."]) {
      expect(words(receipt)).toContain(text);
    }
    const [, row] = within(receipt).getAllByRole("row");
    expect(words(row as HTMLElement)).toBe("rank-0–1 200 2026");
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("says which writer was killed, and that its journal was read", async () => {
    const note = "writer rank-0 (3f-18c-a1) was killed before it could say its total";
    const writers = complete.writers.map((each) => ({ ...each, killed: true }));
    answer = () => Response.json({ ...complete, notes: [note], writers });
    const user = show();
    await user.click(await screen.findByTestId("receipt"));
    const receipt = await screen.findByRole("dialog", { name: "Loss receipt" });
    expect(words(receipt)).toContain(note);
    expect(within(receipt).getByRole("rowheader").textContent).toBe("rank-0 (killed)");
    expect(within(receipt).getByRole("rowheader").title).toBe("3f-18c-a1");
  });

  it("has every point counted again", async () => {
    answer = (recount) => Response.json(recount ? { ...complete, found: 9_000_000 } : complete);
    const user = show();
    await user.click(await screen.findByTestId("receipt"));
    expect(words(await screen.findByRole("status"))).toBe("9 000 000 points counted as they came.");
    await user.click(screen.getByRole("button", { name: "Count again" }));
    expect(await screen.findByText(/read again, all that came/)).toBeTruthy();
  });

  it("turns red when the count finds damage", async () => {
    const damaged = "The values of loss (body 7)";
    const reason = {
      code: "damaged",
      count: null,
      text: `${damaged} gone`,
      detail: "",
      remedy: "",
    };
    answer = (recount) =>
      Response.json(
        recount ? { ...incomplete, found: 3, damaged: [damaged], reasons: [reason] } : complete,
      );
    const user = show();
    await user.click(await screen.findByTestId("receipt"));
    await user.click(await screen.findByRole("button", { name: "Count again" }));
    await screen.findByText(/3 points read again/);
    expect(screen.getByTestId("receipt").dataset.state).toBe("incomplete");
    expect(words(screen.getByTestId("receipt"))).toContain(damaged);
  });
});
