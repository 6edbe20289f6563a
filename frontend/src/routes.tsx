/** Which place shows what. The only file that knows all features; paths.ts holds the URLs. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  Outlet,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { ApiError } from "./api/client";
import { meQuery, queryClient } from "./api/queries";
import { LONGEST, links } from "./api/views";
import { NotFound, RouteError } from "./features/shell/Lost";
import { ProjectGate } from "./features/shell/ProjectGate";
import { Shell } from "./features/shell/Shell";
import { parseSearch, stringifySearch, textOnly } from "./search";

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: RouteError,
  validateSearch: textOnly,
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  component: lazyRouteComponent(() => import("./features/account/Login"), "Login"),
});

/** All that needs someone signed in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      throw redirect({ to: "/login", search: { next: location.href }, replace: true });
    }
  },
});

const projects = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: lazyRouteComponent(() => import("./features/projects/Projects"), "Projects"),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  component: lazyRouteComponent(() => import("./features/account/Settings"), "Settings"),
});

/** Where a short link leads; one of another's project leads as little as one that never was. */
async function linkOf(hash: string) {
  try {
    return await queryClient.ensureQueryData(links.query(hash));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) throw notFound();
    throw error;
  }
}

/** A short link leads to the page whose state it stands for. */
const short = createRoute({
  getParentRoute: () => inside,
  path: "/s/$hash",
  notFoundComponent: NotFound,
  beforeLoad: async ({ params: { hash } }) => {
    const { path, state } = await linkOf(hash);
    const view = parseSearch(state).view;
    const search = stringifySearch(state.length > LONGEST ? { view, s: hash } : parseSearch(state));
    throw redirect({ href: `${path}${search}`, replace: true });
  },
});

const project = createRoute({
  getParentRoute: () => inside,
  path: "/$owner/$project",
  component: ProjectGate,
});

const projectHome = createRoute({
  getParentRoute: () => project,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/$owner/$project/workspace", params, replace: true });
  },
});

const Workspace = lazyRouteComponent(() => import("./features/workspace/Workspace"), "Workspace");
const FirstRun = lazy(() => import("./features/projects/FirstRun"));

/** The workspace of a project; one without runs says how to log the first. */
function ProjectWorkspace() {
  const { owner, project } = workspace.useParams();
  const first = (
    <Suspense fallback={null}>
      <FirstRun place={{ owner, project }} />
    </Suspense>
  );
  return <Workspace first={first} />;
}

const workspace = createRoute({
  getParentRoute: () => project,
  path: "/workspace",
  component: Object.assign(ProjectWorkspace, { preload: () => Workspace.preload?.() }),
});

const table = createRoute({
  getParentRoute: () => project,
  path: "/table",
  component: lazyRouteComponent(() => import("./features/runs/RunsTable"), "RunsTable"),
});

const bin = createRoute({
  getParentRoute: () => project,
  path: "/bin",
  component: lazyRouteComponent(() => import("./features/runs/Bin"), "Bin"),
});

const Compare = lazyRouteComponent(() => import("./features/compare/Compare"), "Compare");

const compare = createRoute({
  getParentRoute: () => project,
  path: "/compare",
  component: Compare,
});

const plots = createRoute({
  getParentRoute: () => project,
  path: "/plots",
  component: lazyRouteComponent(() => import("./features/plots/Plots"), "Plots"),
});

/** Runs of several projects beside each other. */
const compareAny = createRoute({
  getParentRoute: () => inside,
  path: "/runs/compare",
  component: Compare,
});

const run = createRoute({
  getParentRoute: () => project,
  path: "/runs/$run",
  component: lazyRouteComponent(() => import("./features/run/RunPage"), "RunPage"),
});

const runHome = createRoute({
  getParentRoute: () => run,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/$owner/$project/runs/$run/overview", params, replace: true });
  },
});

const runOverview = createRoute({
  getParentRoute: () => run,
  path: "/overview",
  component: lazyRouteComponent(() => import("./features/run/Overview"), "Overview"),
});

const runCharts = createRoute({
  getParentRoute: () => run,
  path: "/charts",
  component: lazyRouteComponent(() => import("./features/workspace/RunCharts"), "RunCharts"),
});

const runMedia = createRoute({
  getParentRoute: () => run,
  path: "/media",
  component: lazyRouteComponent(() => import("./features/media/Media"), "Media"),
});

const runSystem = createRoute({
  getParentRoute: () => run,
  path: "/system",
  component: lazyRouteComponent(() => import("./features/workspace/RunCharts"), "SystemCharts"),
});

const runLogs = createRoute({
  getParentRoute: () => run,
  path: "/logs",
  component: lazyRouteComponent(() => import("./features/run/Logs"), "Logs"),
});

const runFiles = createRoute({
  getParentRoute: () => run,
  path: "/files",
  component: lazyRouteComponent(() => import("./features/run/Files"), "Files"),
});

const runArtifacts = createRoute({
  getParentRoute: () => run,
  path: "/artifacts",
  component: lazyRouteComponent(() => import("./features/run/Artifacts"), "Artifacts"),
});

const runCode = createRoute({
  getParentRoute: () => run,
  path: "/code",
  component: lazyRouteComponent(() => import("./features/run/Code"), "Code"),
});

const routeTree = root.addChildren([
  login,
  inside.addChildren([
    projects,
    settings,
    compareAny,
    short,
    project.addChildren([
      projectHome,
      workspace,
      table,
      bin,
      compare,
      plots,
      run.addChildren([
        runHome,
        runOverview,
        runCharts,
        runMedia,
        runSystem,
        runLogs,
        runFiles,
        runArtifacts,
        runCode,
      ]),
    ]),
  ]),
]);

/** The router of a page; tests bring a history of their own. */
export function makeRouter(history?: RouterHistory) {
  return createRouter({
    routeTree,
    parseSearch,
    stringifySearch,
    ...(history ? { history } : {}),
    defaultPreload: "intent",
    defaultPendingMs: 150,
    scrollRestoration: false,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
