// Who is logged in, and in which role.
import { queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { flushDoomed } from "~/parts/doomed";
import { answered, client, type Schemas, shown } from "./client";

export type User = Schemas["UserView"];
export type Role = "viewer" | "editor" | "admin";

const RANK: Record<string, number> = { viewer: 0, editor: 1, admin: 2 };

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async () => shown(await answered(client.GET("/api/v1/users/me"))),
  staleTime: 60_000,
});

export const statusQuery = queryOptions({
  queryKey: ["auth-status"],
  queryFn: () => answered(client.GET("/api/v1/auth/status")),
});

/** The user; only below the shell, which has let them in. */
export function useMe() {
  return useSuspenseQuery(meQuery).data;
}

/** Whether the user may do what this role may, in the project of the address. The node checks it again. */
export function useMay(role: Role): boolean {
  const project = useParams({ strict: false, select: (params) => params.project as string | undefined });
  return may(roleIn(useMe(), project), role);
}

/** The role of a user in a project, or in what is about none: those with grants have one in each. */
export function roleIn({ role, grants }: Pick<User, "role" | "grants">, project: string | null | undefined): string {
  if (grants == null) return role;
  return (project && grants[project]) || "viewer";
}

interface Guarded {
  role?: Role;
  /** About all projects: nothing for those who see some only. */
  all?: boolean;
}

/** Whether a page is for this user, where the project is open. */
export function sees(user: Pick<User, "role" | "grants">, page: Guarded, project: string | null): boolean {
  if (page.all && user.grants != null) return false;
  return may(roleIn(user, project), page.role ?? "viewer");
}

export function may(own: string, needed: Role): boolean {
  return (RANK[own] ?? 0) >= (RANK[needed] ?? 0);
}

export async function logIn(username: string, password: string) {
  return answered(client.POST("/api/v1/auth/session", { body: { username, password } }));
}

export function useLogOut(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await flushDoomed();
    await answered(client.DELETE("/api/v1/auth/session"));
    queries.clear();
  };
}
