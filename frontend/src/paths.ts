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
  workspace: ({ owner, project }: ProjectPlace) =>
    ({ to: "/$owner/$project/workspace", params: { owner, project } }) as const,
  table: ({ owner, project }: ProjectPlace) =>
    ({ to: "/$owner/$project/table", params: { owner, project } }) as const,
  run: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/overview", params: { owner, project, run } }) as const,
  runCharts: ({ owner, project, run }: RunPlace) =>
    ({ to: "/$owner/$project/runs/$run/charts", params: { owner, project, run } }) as const,
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
