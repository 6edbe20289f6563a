/** Which place shows what. The only file that knows all features; paths.ts holds the URLs. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import { ApiError } from "./api/client";
import { meQuery, queryClient } from "./api/queries";
import { Login } from "./features/account/Login";
import { Projects } from "./features/projects/Projects";
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

const login = createRoute({ getParentRoute: () => root, path: "/login", component: Login });

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

const projects = createRoute({ getParentRoute: () => inside, path: "/", component: Projects });

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  component: lazyRouteComponent(() => import("./features/account/Settings"), "Settings"),
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

const workspace = createRoute({
  getParentRoute: () => project,
  path: "/workspace",
  component: lazyRouteComponent(() => import("./features/workspace/Workspace"), "Workspace"),
});

const table = createRoute({
  getParentRoute: () => project,
  path: "/table",
  component: lazyRouteComponent(() => import("./features/runs/RunsTable"), "RunsTable"),
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

const routeTree = root.addChildren([
  login,
  inside.addChildren([
    projects,
    settings,
    project.addChildren([
      projectHome,
      workspace,
      table,
      run.addChildren([runHome, runOverview, runCharts]),
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
