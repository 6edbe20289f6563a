/**
 * Every URL of the page. Links name a place here and never spell a path themselves;
 * routes.tsx serves exactly these, and a test holds the two together.
 */

export interface ProjectPlace {
  owner: string;
  project: string;
}

export interface RunPlace extends ProjectPlace {
  run: string;
}

export const paths = {
  projects: () => ({ to: "/" }) as const,
  login: () => ({ to: "/login" }) as const,
  settings: () => ({ to: "/settings" }) as const,
  short: (hash: string) => ({ to: "/s/$hash", params: { hash } }) as const,
  workspace: ({ owner, project }: ProjectPlace) =>
    ({ to: "/$owner/$project/workspace", params: { owner, project } }) as const,
  table: ({ owner, project }: ProjectPlace) =>
    ({ to: "/$owner/$project/table", params: { owner, project } }) as const,
  bin: ({ owner, project }: ProjectPlace) =>
    ({ to: "/$owner/$project/bin", params: { owner, project } }) as const,
  compare: ({ owner, project }: ProjectPlace) =>
    ({ to: "/$owner/$project/compare", params: { owner, project } }) as const,
  plots: ({ owner, project }: ProjectPlace) =>
    ({ to: "/$owner/$project/plots", params: { owner, project } }) as const,
  compareAny: () => ({ to: "/runs/compare" }) as const,
  run: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/overview", params: { owner, project, run } }) as const,
  runCharts: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/charts", params: { owner, project, run } }) as const,
  runMedia: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/media", params: { owner, project, run } }) as const,
  runSystem: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/system", params: { owner, project, run } }) as const,
  runLogs: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/logs", params: { owner, project, run } }) as const,
  runArtifacts: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/artifacts", params: { owner, project, run } }) as const,
  runCode: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/code", params: { owner, project, run } }) as const,
  runFiles: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/files", params: { owner, project, run } }) as const,
};

interface Place {
  to: string;
  params?: Record<string, string>;
}

/** A place as the text of a URL. */
export function href({ to, params = {} }: Place): string {
  return to.replace(/\$(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}

/** Where a sign-in may lead back to: a path of this page, never another origin. */
export function safeNext(next: string | undefined): string {
  if (!next?.startsWith("/") || next.startsWith("//") || next.includes("\\")) return "/";
  return next;
}
