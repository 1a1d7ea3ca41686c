// What was done to the installation, by whom and when.
import { infiniteQueryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas, type Shown, shown } from "./client";

export type AuditEntry = Shown<Schemas["AuditEntry"]>;

/** Which entries are wanted: those that fit every part. */
export interface AuditFilter {
  actor?: string;
  noun?: string;
  entity?: string;
  project?: string;
  from?: string;
  until?: string;
}

export function auditQuery(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: ["audit", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: after, signal }) => {
      const params = { query: { ...filter, limit: 100, after } };
      return shown(await answered(client.GET("/api/v1/audit", { params, signal })));
    },
    getNextPageParam: (page) => page.next ?? undefined,
  });
}
