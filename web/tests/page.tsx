// One page as the shell shows it, over an API that answers what a test says.
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { render } from "@testing-library/react";
import { type ComponentType, Suspense } from "react";
import { vi } from "vitest";
import { makeQueries } from "~/queries";
import { theme } from "~/theme/theme";

export const PROJECT = {
  id: "p1",
  version: 7,
  name: "shop",
  username: "shop",
  dialect: "native",
  enabled: true,
  bans: [] as unknown[],
  inspection: { permille: 1000, keep: 1000, body_bytes: 4096 },
  interception: { mode: "off", extra_roots: null, bypass: [] },
};

export interface Asked {
  /** The path without `/api/v1`, with its query. */
  path: string;
  method: string;
  headers: Headers;
  text: string;
}

/** What the API answers to `GET /users/me`, and so on; a function answers by what was asked. */
export type Answers = Record<string, unknown>;

const COMMON: Answers = {
  "GET /users/me": { id: "u1", username: "ada", role: "admin" },
  "GET /projects/p1": PROJECT,
  "GET /cluster": { members: [], revision: 1, leases: [], tasks: [] },
};

/** Stands in for the network; everything that was asked is in the list. */
export function answering(answers: Answers): Asked[] {
  const asked: Asked[] = [];
  const all = { ...COMMON, ...answers };
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    const request = input instanceof Request ? input : new Request(new URL(String(input), location.origin));
    const { pathname, search } = new URL(request.url);
    const path = pathname.replace("/api/v1", "");
    const { method, headers } = request;
    const one = { path: path + search, method, headers, text: await request.text() };
    asked.push(one);
    const found = all[`${method} ${path}`];
    const answer = typeof found === "function" ? found(one) : found;
    if (answer instanceof Response) return answer;
    if (answer === undefined) return problem(404, `nothing answers ${method} ${path}`);
    return Response.json(answer);
  });
  return asked;
}

export function problem(status: number, detail: string, errors: unknown[] = []): Response {
  return Response.json({ status, title: "Problem", detail, errors }, { status });
}

/** Stands in for a stream; the latest one that was opened. */
export class Source {
  static latest: Source;
  static readonly CLOSED = 2;
  readyState = 1;
  onopen?: () => void;
  onerror?: () => void;
  heard = new Map<string, (event: { data: string }) => void>();
  close = vi.fn();
  constructor(readonly address: string) {
    Source.latest = this;
  }
  addEventListener(name: string, run: (event: { data: string }) => void) {
    this.heard.set(name, run);
  }
  tell(name: string, data: unknown) {
    this.heard.get(name)?.({ data: JSON.stringify(data) });
  }
}

/** Has every stream that is opened be a [`Source`]. */
export function streams(): void {
  vi.stubGlobal("EventSource", Source);
}

/** Shows the page in project `p1`. */
export function show(Page: ComponentType) {
  const root = createRootRoute();
  const page = createRoute({
    getParentRoute: () => root,
    path: "/projects/$project",
    component: () => (
      <Suspense>
        <Page />
      </Suspense>
    ),
  });
  const other = createRoute({ getParentRoute: () => root, path: "/$", component: () => null });
  const router = createRouter({
    routeTree: root.addChildren([page, other]),
    history: createMemoryHistory({ initialEntries: ["/projects/p1"] }),
  });
  return render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={makeQueries(() => {})}>
        <Notifications />
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
}
