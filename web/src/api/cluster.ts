// The nodes of the installation, as the one that answers sees them.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas, shown } from "./client";

export type Cluster = Schemas["ClusterView"];
export type Member = Schemas["MemberView"];

export const clusterQuery = queryOptions({
  queryKey: ["cluster"],
  queryFn: async () => shown(await answered(client.GET("/api/v1/cluster"))),
  refetchInterval: 2_000,
});

/** How many nodes serve the newest revision. */
export function upToDate({ members, revision }: Pick<Cluster, "members" | "revision">): number {
  return members.filter((member) => member.revision >= revision).length;
}

/** The port that clients' traffic is taken on, as far as a node says. */
export function proxyPort(members: Member[]): string | null {
  const relays = members.find(({ role, addresses }) => role !== "control" && addresses.length > 1);
  return relays?.addresses[0]?.split(":").at(-1) ?? null;
}

/** Takes a node out of service while it stays up; `force`: even where nobody else does what it does. */
export async function drain(instance: string, force: boolean): Promise<void> {
  const params = { path: { instance }, query: { force } };
  await answered(client.POST("/api/v1/cluster/nodes/{instance}/drain", { params }));
}

/** Takes it into service again. */
export async function undrain(instance: string): Promise<void> {
  const params = { path: { instance } };
  await answered(client.POST("/api/v1/cluster/nodes/{instance}/undrain", { params }));
}
