// The exchanges, one a row: only those in sight are there, however many come in.
import { Paper, UnstyledButton } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { type Exchange, targetOf } from "~/api/exchanges";
import { bytes, clockTime, milliseconds } from "~/parts/format";
import { StatusLabel } from "~/parts/StatusLabel";
import classes from "./LiveTable.module.css";

const HEIGHT = 38;

interface Props {
  rows: Exchange[];
  open: (row: Exchange) => void;
  /** What stands in the fourth column: the project, or the session. */
  fourth: { name: string; of: (row: Exchange) => string };
}

/** Columns that a phone has no room for. */
const WIDE = classes.wide;
const NUMBER = `${classes.wide} ${classes.number}`;

export function LiveTable({ rows, open, fourth }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
  });
  return (
    <Paper className={classes.paper}>
      <div
        ref={frame}
        className={classes.frame}
        role="table"
        aria-label="Exchanges"
        aria-rowcount={rows.length + 1}
        tabIndex={0}
      >
        <div role="rowgroup" className={classes.head}>
          <div role="row" aria-rowindex={1} className={classes.row}>
            <span role="columnheader" className={WIDE}>
              Time
            </span>
            <span role="columnheader">Status</span>
            <span role="columnheader">Request</span>
            <span role="columnheader" className={WIDE}>
              {fourth.name}
            </span>
            <span role="columnheader" className={WIDE}>
              Fault
            </span>
            <span role="columnheader" className={NUMBER}>
              Attempts
            </span>
            <span role="columnheader" className={classes.number}>
              Took
            </span>
            <span role="columnheader" className={NUMBER}>
              Received
            </span>
          </div>
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const place = { index, top: start };
            return <Row key={row.id} row={row} open={open} fourth={fourth.of(row)} {...place} />;
          })}
        </div>
      </div>
    </Paper>
  );
}

interface RowProps {
  row: Exchange;
  open: Props["open"];
  fourth: string;
  index: number;
  top: number;
}

function Row({ row, open, fourth, index, top }: RowProps) {
  const fault = row.blame == null ? "–" : `${row.blame}: ${row.error ?? "unknown"}`;
  const target = targetOf(row);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`${classes.row} ${classes.body}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => open(row)}
    >
      <span role="cell" className={WIDE}>
        {clockTime(row.started_at)}
      </span>
      <span role="cell">
        <StatusLabel status={row.status} />
      </span>
      <span role="cell" className={classes.clip}>
        <UnstyledButton
          className={classes.open}
          title={target}
          onClick={(event) => {
            event.stopPropagation();
            open(row);
          }}
        >
          <span className={classes.method}>{row.method ?? row.kind.toUpperCase()}</span> {target}
        </UnstyledButton>
      </span>
      <span role="cell" className={`${WIDE} ${classes.clip}`} title={fourth}>
        {fourth}
      </span>
      <span role="cell" className={`${WIDE} ${classes.clip}`} title={fault}>
        {fault}
      </span>
      <span role="cell" className={NUMBER}>
        {row.attempts}
      </span>
      <span role="cell" className={classes.number}>
        {milliseconds(row.duration_ms)}
      </span>
      <span role="cell" className={NUMBER}>
        {bytes(row.bytes_received)}
      </span>
    </div>
  );
}
