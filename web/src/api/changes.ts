// Which queries are about what somebody has changed, on whichever node.
import type { Query } from "@tanstack/react-query";
import type { Schemas } from "./client";

export type Change = Schemas["ChangeView"];

/** Lists that have been scrolled so far are not read anew as a whole: they are when they are opened again. */
const MOST_PAGES = 10;

/** What of a project changes with a noun, by the third part of keys. */
const INSIDE: Record<string, string[]> = {
  project: ["", "caps", "connectors"],
  connector: ["connectors", "caps", "proxies"],
  credential: ["credentials", "connectors"],
  proxy: ["proxies", "connectors"],
  proxy_quarantine: ["proxies"],
};

/** What else changes with it, by the first part of keys. */
const OUTSIDE: Record<string, string[]> = {
  user: ["users", "me"],
  api_key: ["api-keys"],
  log_filter: ["log-filter"],
  root: ["roots"],
};

/** Streams bring these, and nothing that was configured is in them. */
const OTHERS = ["exchanges", "captures", "usage", "health", "auth-status"];

/** Whether what this query has read may have been changed. */
export function concerns({ noun, project_id }: Change, { queryKey, state }: Pick<Query, "queryKey" | "state">): boolean {
  const [first, project, part = ""] = queryKey as string[];
  if (first === undefined || OTHERS.includes(first) || OTHERS.includes(part)) return false;
  if (pagesOf(state.data) > MOST_PAGES) return false;
  if (noun === "anything") return true;
  // Every change is in the audit log.
  if (first === "audit") return true;
  if (first !== "projects") return OUTSIDE[noun]?.includes(first) ?? first === `${noun}s`;
  if (project === undefined) return noun === "project";
  if (project_id != null && project_id !== project) return false;
  return INSIDE[noun]?.includes(part) ?? part === `${noun}s`;
}

/** What may be old after nothing was heard for a while. */
export const ANYTHING: Change = { noun: "anything", op: "updated", revision: 0, id: null, project_id: null };

function pagesOf(data: unknown): number {
  return (data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0;
}
