// The exchanges, one a row: what was asked, what came of it, how long it took.
import { Badge, Paper, Table, UnstyledButton } from "@mantine/core";
import { type Capture, keyOf } from "~/api/captures";
import { bytes, clockTime, milliseconds } from "~/parts/format";
import { StatusLabel } from "~/parts/StatusLabel";
import classes from "./CaptureTable.module.css";

interface Props {
  rows: Capture[];
  open: (row: Capture) => void;
}

export function CaptureTable({ rows, open }: Props) {
  return (
    <Paper className={classes.paper}>
      <Table layout="fixed" highlightOnHover aria-label="Recorded exchanges">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={112} visibleFrom="sm">
              Time
            </Table.Th>
            <Table.Th w={84}>Status</Table.Th>
            <Table.Th>Request</Table.Th>
            <Table.Th w={80} ta="right" visibleFrom="sm">
              Attempts
            </Table.Th>
            <Table.Th w={84} ta="right">
              Took
            </Table.Th>
            <Table.Th w={90} ta="right" visibleFrom="sm">
              Received
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Row key={keyOf(row)} row={row} open={open} />
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

function Row({ row, open }: { row: Capture; open: (row: Capture) => void }) {
  return (
    <Table.Tr onClick={() => open(row)} className={classes.row}>
      <Table.Td className="numbers" visibleFrom="sm">
        {clockTime(row.started_at)}
      </Table.Td>
      <Table.Td className="numbers">
        <StatusLabel status={row.status} />
      </Table.Td>
      <Table.Td>
        <UnstyledButton
          className={classes.request}
          title={row.url}
          onClick={(event) => {
            event.stopPropagation();
            open(row);
          }}
        >
          <span className={classes.method}>{row.method}</span> {row.url}
        </UnstyledButton>
        {row.banned_by != null && (
          <Badge variant="default" size="sm" mt={2}>
            banned by {row.banned_by}
          </Badge>
        )}
      </Table.Td>
      <Table.Td className="numbers" ta="right" visibleFrom="sm">
        {row.attempts}
      </Table.Td>
      <Table.Td className="numbers" ta="right">
        {milliseconds(row.timings_ms.total)}
      </Table.Td>
      <Table.Td className="numbers" ta="right" visibleFrom="sm">
        {bytes(row.bytes_received)}
      </Table.Td>
    </Table.Tr>
  );
}
