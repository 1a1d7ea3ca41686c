// The table itself: only the rows that are in sight are there, and are read.
import { Checkbox, Paper, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import type { Connector } from "~/api/connectors";
import type { Proxy, ProxyOrder } from "~/api/proxies";
import classes from "./ProxyTable.module.css";
import { ProxyRow } from "./ProxyRow";
import type { Rows } from "./useWindows";

const HEIGHT = 40;

interface Props {
  project: string;
  /** Another one is shown from its beginning. */
  list: string;
  rows: Rows;
  total: number;
  connectors: Connector[];
  sort: ProxyOrder;
  sortBy: (sort: ProxyOrder) => void;
  selected: ReadonlyMap<string, Proxy>;
  /** Absent for those who may change nothing; stays the same function. */
  toggle?: (rows: Proxy[], on: boolean) => void;
}

export function ProxyTable(props: Props) {
  const { project, list, rows, total, connectors, selected, toggle } = props;
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => frame.current,
    estimateSize: () => HEIGHT,
    overscan: 8,
  });
  const seen = virtual.getVirtualItems();
  const [first, last] = [seen[0]?.index ?? 0, seen.at(-1)?.index ?? 0];
  const { see } = rows;
  useEffect(() => see(first, last), [see, first, last]);
  useEffect(() => {
    if (frame.current !== null) frame.current.scrollTop = 0;
  }, [list]);
  const names = useMemo(() => new Map(connectors.map(({ id, name }) => [id, name])), [connectors]);
  const all = rows.read.length > 0 && rows.read.every(({ id }) => selected.has(id));
  return (
    <Paper className={classes.paper}>
      <div
        ref={frame}
        className={classes.frame}
        role="table"
        aria-label="Proxies"
        aria-rowcount={total + 1}
        tabIndex={0}
      >
        <div role="rowgroup" className={classes.head}>
          <div role="row" aria-rowindex={1} className={classes.row}>
            <span role="columnheader">
              {toggle && (
                <Checkbox
                  size="xs"
                  aria-label="Select every proxy that has been read"
                  checked={all}
                  indeterminate={!all && selected.size > 0}
                  onChange={() => toggle(rows.read, !all)}
                />
              )}
            </span>
            <Sorted by="host" {...props}>
              Proxy
            </Sorted>
            <span role="columnheader">State</span>
            <Sorted by="country" wide {...props}>
              Place
            </Sorted>
            <Sorted by="connector" wide {...props}>
              Connector
            </Sorted>
            <span role="columnheader" className={`${classes.wide} ${classes.number}`}>
              Attempts
            </span>
            <span role="columnheader" className={`${classes.wide} ${classes.number}`}>
              Success
            </span>
            <span role="columnheader" className={`${classes.wide} ${classes.number}`}>
              Latency
            </span>
            <span role="columnheader">
              <VisuallyHidden>Actions</VisuallyHidden>
            </span>
          </div>
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {seen.map(({ index, start }) => {
            const proxy = rows.at(index);
            return (
              <ProxyRow
                key={index}
                project={project}
                proxy={proxy}
                connector={names.get(proxy?.connector_id ?? "") ?? ""}
                index={index}
                top={start}
                selected={selected.has(proxy?.id ?? "")}
                toggle={toggle}
              />
            );
          })}
        </div>
      </div>
    </Paper>
  );
}

interface SortedProps extends Pick<Props, "sort" | "sortBy"> {
  by: "host" | "country" | "connector";
  wide?: boolean;
  children: ReactNode;
}

/** The head of a column that the list can be sorted by: one way, the other, and not at all. */
function Sorted({ by, wide, sort, sortBy, children }: SortedProps) {
  const down = `-${by}` as const;
  const next = sort === by ? down : sort === down ? "created" : by;
  const direction = sort === by ? "ascending" : sort === down ? "descending" : "none";
  const mark = { ascending: " ↑", descending: " ↓", none: " ↕" }[direction];
  return (
    <span role="columnheader" aria-sort={direction} className={wide ? classes.wide : undefined}>
      <UnstyledButton className={classes.sort} onClick={() => sortBy(next)}>
        {children}
        <span aria-hidden="true" className={direction === "none" ? "quiet" : undefined}>
          {mark}
        </span>
      </UnstyledButton>
    </span>
  );
}
