/** The page against a small server: what people see, on which path. */
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Fetch, useFetcher } from "./api/client";
import { queryClient } from "./api/queries";
import { TooltipProvider } from "./kit/Tooltip";
import { makeRouter } from "./routes";

const project = {
  owner: "ada",
  name: "digits",
  description: "small and real",
  created_at: 1,
  updated_at: Date.now() * 1000,
  runs: 1284,
  running: 3,
  role: "admin",
};

const run = {
  id: "a1b2c3d4",
  name: "frosty-pine-123",
  owner: "ada",
  project: "digits",
  state: "finished",
  color: 5,
  created_at: 1_000_000,
  started_at: 1_000_000,
  heartbeat_at: 61_000_000,
  finished_at: 61_000_000,
  exit_code: 0,
  group: null,
  job_type: null,
  notes: "the one",
  tags: ["ablation"],
  user: "ada",
  config: { lr: 0.1, optimizer: { name: "adamw" } },
  summary: { "val/loss": 0.123456789 },
  environment: { host: "atlas" },
  stop_requested: false,
  logged: 10,
  lost: 0,
};

const list = (...items: unknown[]) => ({ items, next: null, total: items.length });

/** Routes by "METHOD path"; what is not there is a 404. Remembers what was asked. */
class SmallServer {
  asked: { at: string; body: unknown }[] = [];
  signedIn = true;
  used = false; // the one-time token
  routes: Record<string, () => unknown> = {
    "GET /me": () => ({ user: { name: "ada", admin: true, created_at: 1 }, scope: "admin" }),
    "GET /projects": () => list(project),
    "GET /projects/ada/digits": () => project,
    "GET /projects/ada/digits/runs": () => list(run),
    "GET /projects/ada/digits/runs/a1b2c3d4": () => run,
    "GET /projects/ada/digits/keys": () => ({ keys: [] }),
  };

  fetch: Fetch = async (request) => {
    const at = `${request.method} ${new URL(request.url).pathname.replace("/api/v1", "")}`;
    const text = await request.text();
    this.asked.push({ at, body: text ? JSON.parse(text) : null });
    if (at === "POST /auth/login") return this.signIn(text);
    if (at === "POST /auth/one-time" && this.used) return problem(410, "Gone.");
    if (!this.signedIn) return problem(401, "Sign in first.");
    const route = this.routes[at];
    return route ? Response.json(route()) : problem(404, "There is nothing here.");
  };

  private signIn(text: string): Response {
    const { password } = JSON.parse(text) as { password: string };
    if (password !== "correct horse battery") return problem(401, "No.");
    this.signedIn = true;
    return Response.json({ user: { name: "ada" } });
  }
}

function problem(status: number, detail: string): Response {
  return Response.json({ status, detail, instance: "req-7" }, { status });
}

let server: SmallServer;
let before: Fetch;

beforeEach(() => {
  server = new SmallServer();
  before = useFetcher(server.fetch);
  queryClient.clear();
});
afterEach(() => {
  useFetcher(before);
});

function open(path: string) {
  const router = makeRouter(createMemoryHistory({ initialEntries: [path] }));
  render(
    <QueryClientProvider client={queryClient}>
      <TooltipProvider>
        <RouterProvider router={router} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return router;
}

describe("signing in", () => {
  it("is asked of strangers, refuses a wrong password, and leads back to where one was going", async () => {
    server.signedIn = false;
    const router = open("/?q=dig");
    const user = userEvent.setup();
    await user.type(await screen.findByLabelText("User name"), "ada");
    await user.type(screen.getByLabelText("Password or API key"), "wrong");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect((await screen.findByRole("alert")).textContent).toContain("do not belong together");

    await user.clear(screen.getByLabelText("Password or API key"));
    await user.type(screen.getByLabelText("Password or API key"), "correct horse battery");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByRole("link", { name: /digits/ })).toBeTruthy();
    expect(router.state.location.href).toBe("/?q=dig");
  });
});

describe("the one-time address", () => {
  it("that is too old says so, and leaves the password as a way in", async () => {
    server.signedIn = false;
    server.used = true;
    open("/login?token=old");
    expect((await screen.findByRole("alert")).textContent).toContain("used before");
    expect(screen.getByLabelText("Password or API key")).toBeTruthy();
  });

  it("opened again by who is signed in opens the page", async () => {
    server.used = true;
    open("/login?token=old");
    expect(await screen.findByTestId("project-row")).toBeTruthy();
  });
});

describe("projects", () => {
  it("are listed with their runs and how many run now", async () => {
    open("/");
    const row = await screen.findByTestId("project-row");
    expect(row.textContent).toContain("1,284");
    expect(row.textContent).toContain("3 running");
    expect(within(row).getByRole("link").getAttribute("href")).toBe("/ada/digits/workspace");
  });

  it("that do not match can be had back", async () => {
    open("/?q=nothing");
    expect(await screen.findByText("0 of 1 match")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Clear search" }));
    expect(await screen.findByTestId("project-row")).toBeTruthy();
  });

  it("that are not there yet begin with four lines that name this server", async () => {
    server.routes["GET /projects"] = () => list();
    open("/");
    expect(await screen.findByText(/wanllmdb login --host http/)).toBeTruthy();
    expect(screen.getByText(/wanllmdb.init\(project="first"\)/)).toBeTruthy();
    const tab = screen.getByRole("tab", { name: "HF Trainer" });
    await userEvent.click(tab);
    expect(screen.getByText(/report_to="wandb"/)).toBeTruthy();
  });

  it("that cannot be had say why, with the request's number and a way to try again", async () => {
    const { "GET /projects": projects } = server.routes;
    delete server.routes["GET /projects"];
    open("/");
    expect((await screen.findByRole("alert")).textContent).toContain("There is nothing here.");
    expect(screen.getByText("Request req-7")).toBeTruthy();
    if (projects) server.routes["GET /projects"] = projects;
    await userEvent.click(screen.getByRole("button", { name: "Retry" }));
    expect(await screen.findByTestId("project-row")).toBeTruthy();
  });
});

describe("a run", () => {
  it("shows what it was told and what came out, exactly on hover", async () => {
    open("/ada/digits/runs/a1b2c3d4");
    expect(await screen.findByRole("heading", { name: "frosty-pine-123" })).toBeTruthy();
    const summary = await screen.findByTestId("summary");
    expect(within(summary).getByText("0.1235").getAttribute("data-value")).toBe("0.123456789");
    expect(screen.getByTestId("config").textContent).toContain("optimizer.name");
    expect(screen.getByTestId("duration").textContent).toBe("1 min");
  });

  it("takes tags when one is done typing", async () => {
    const changed = { ...run, tags: ["ablation", "best"] };
    server.routes["PATCH /projects/ada/digits/runs/a1b2c3d4"] = () => changed;
    open("/ada/digits/runs/a1b2c3d4/overview");
    const field = await screen.findByLabelText("Tags, with commas in between");
    await userEvent.type(field, ", best{Enter}");
    expect(server.asked.find(({ at }) => at.startsWith("PATCH"))?.body).toEqual({
      tags: ["ablation", "best"],
    });
  });

  it("that is not there is said to be gone, not broken", async () => {
    open("/ada/digits/runs/unknown1");
    expect(await screen.findByText("There is no such run")).toBeTruthy();
  });
});

it("a path that leads nowhere offers a way home", async () => {
  open("/ada/digits/nowhere/at/all");
  expect(await screen.findByText("There is nothing here")).toBeTruthy();
});

describe("the states of runs", () => {
  it("filter the table, and stand in its address", async () => {
    const router = open("/ada/digits/table?state=failed,nonsense");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "failed" }));
    expect((screen.getByLabelText("failed") as HTMLInputElement).checked).toBe(true);
    await user.click(screen.getByLabelText("crashed"));
    await screen.findByRole("button", { name: "2 states" });
    expect(router.state.location.href).toContain("state=crashed,failed");
    await user.click(screen.getByRole("button", { name: "All states" }));
    await screen.findByRole("button", { name: "State" });
  });

  it("are told in a sentence, and a failure by its traceback", async () => {
    const failed = { ...run, state: "failed", exit_code: 3, environment: { traceback: "Oh no" } };
    server.routes["GET /projects/ada/digits/runs/a1b2c3d4"] = () => failed;
    open("/ada/digits/runs/a1b2c3d4");
    expect((await screen.findByTestId("standing")).textContent).toBe("Ended with exit code 3.");
    expect((await screen.findByTestId("traceback")).textContent).toContain("Oh no");
  });
});
