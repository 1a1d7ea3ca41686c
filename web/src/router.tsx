// Addresses to pages: those of the table below the shell, and those of people who are not logged in.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { asProblem } from "~/api/problem";
import { meQuery, statusQuery } from "~/api/session";
import { PAGES } from "~/pages";
import { LostPage, PageFailure, PageWaits } from "~/shell/PageStates";
import { Shell } from "~/shell/Shell";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
  notFoundComponent: LostPage,
});

/** Everything for people who are logged in; the others are led to where they can. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  errorComponent: PageFailure,
  beforeLoad: async ({ context: { queries }, location }) => {
    try {
      await queries.ensureQueryData(meQuery);
    } catch (error) {
      if (!asProblem(error).isLoggedOut) throw error;
      const { setup_required } = await queries.fetchQuery(statusQuery);
      if (setup_required) throw redirect({ to: "/setup" });
      throw redirect({ to: "/login", search: { next: location.href } });
    }
  },
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/projects" });
  },
});

const pages = PAGES.map(({ path, load }) =>
  createRoute({ getParentRoute: () => inside, path, component: lazyRouteComponent(load) }),
);

const entries = [
  { path: "/login", load: () => import("~/entry/LoginPage") },
  { path: "/setup", load: () => import("~/entry/SetupPage") },
  { path: "/set-password", load: () => import("~/entry/SetPasswordPage") },
].map(({ path, load }) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) }),
);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([inside.addChildren([home, ...pages]), ...entries]),
    context: { queries },
    defaultPreload: "intent",
    defaultPendingComponent: PageWaits,
    defaultErrorComponent: PageFailure,
    defaultPendingMs: 150,
    defaultPendingMinMs: 0,
    scrollRestoration: true,
  });
}
