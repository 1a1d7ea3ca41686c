// People who may log in, for administrators.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, ifMatch, type Schemas, shown } from "./client";
import { asProblem } from "./problem";
import type { User } from "./session";

export type Invited = Schemas["Invited"];
export type UserSettings = Schemas["UserSettings"];

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: async () =>
    shown(await answered(client.GET("/api/v1/users", { params: { query: { limit: 1000 } } }))),
  // The invited set their passwords, and log in.
  refetchInterval: 10_000,
});

export async function createUser(body: UserSettings): Promise<Invited> {
  return answered(client.POST("/api/v1/users", { body }));
}

export async function changeUser(row: User, change: Partial<UserSettings>): Promise<User> {
  const params = { path: { user: row.id }, ...ifMatch(row) };
  return answered(client.PATCH("/api/v1/users/{user}", { params, body: change as UserSettings }));
}

/** The same, whatever has become of the user since: to lock somebody out must not wait. */
export async function changeUserNow(row: User, change: Partial<UserSettings>): Promise<User> {
  try {
    return await changeUser(row, change);
  } catch (error) {
    if (!asProblem(error).isConflict) throw error;
    const params = { path: { user: row.id } };
    return changeUser(await answered(client.GET("/api/v1/users/{user}", { params })), change);
  }
}

export async function deleteUser(row: User): Promise<void> {
  const params = { path: { user: row.id }, ...ifMatch(row) };
  await answered(client.DELETE("/api/v1/users/{user}", { params }));
}

export async function inviteAgain(row: User): Promise<Invited> {
  return answered(client.POST("/api/v1/users/{user}/invite", { params: { path: { user: row.id } } }));
}

export type Grants = Record<string, string>;

/** What is sent so that these grants are all there are: a patch of an object leaves what it does not name. */
export function grantsPatch(before: Grants | null | undefined, after: Grants | null) {
  if (after === null) return null;
  const gone = Object.keys(before ?? {}).filter((project) => !(project in after));
  return { ...after, ...Object.fromEntries(gone.map((project) => [project, null])) } as Grants;
}
