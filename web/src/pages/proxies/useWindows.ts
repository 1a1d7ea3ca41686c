// The rows of a long list that are in sight, read window by window.
import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { type Proxy, type ProxyFilter, type ProxyOrder, WINDOW, windowQuery } from "~/api/proxies";

export interface Rows {
  /** How many there are; `undefined` while that is not known. */
  total: number | undefined;
  error: unknown;
  again: () => void;
  /** What has been read of those in sight. */
  read: Proxy[];
  /** The row in this place, if it has been read. */
  at: (index: number) => Proxy | undefined;
  /** Says which rows are in sight. */
  see: (first: number, last: number) => void;
}

export function useWindows(project: string, filter: ProxyFilter, sort: ProxyOrder): Rows {
  const [[first, last], setSeen] = useState([0, 0]);
  const windows = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  const answers = useQueries({
    queries: windows.map((at) => windowQuery(project, filter, sort, at)),
  });
  const known = answers.find(({ data }) => data !== undefined)?.data?.total;
  // While other windows of the same list are read, it is as long as it was.
  const list = JSON.stringify([project, filter, sort]);
  const before = useRef({ list, total: known });
  if (known !== undefined || before.current.list !== list) before.current = { list, total: known };
  const pages = answers.map(({ data }) => data?.items);
  const at = useMemo(
    () => (index: number) => pages[Math.floor(index / WINDOW) - first]?.[index % WINDOW],
    // Answers that are what they were before are the same objects.
    [first, ...pages, pages.length],
  );
  const see = useCallback((from: number, to: number) => {
    const next = [Math.floor(from / WINDOW), Math.floor(to / WINDOW)] as [number, number];
    setSeen((seen) => (seen[0] === next[0] && seen[1] === next[1] ? seen : next));
  }, []);
  return {
    total: before.current.total,
    error: answers.find(({ error }) => error !== null)?.error ?? null,
    again: () => void Promise.all(answers.map(({ refetch }) => refetch())),
    read: pages.flatMap((items) => items ?? []),
    at,
    see,
  };
}
