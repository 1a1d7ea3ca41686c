// A list of things that have a name, as a table, with what can be done with each.
import { Paper, Table } from "@mantine/core";
import type { ReactNode } from "react";
import { type Action, ActionsHead, RowMenu } from "./RowMenu";
import { WideTable } from "./WideTable";

export interface Column<R> {
  title: string;
  cell: (row: R) => ReactNode;
  /** Numbers stand on the right. */
  right?: boolean;
  /** What a row is known by. */
  strong?: boolean;
  /** Addresses and the like. */
  mono?: boolean;
}

interface Props<R> {
  name: string;
  /** Pixels below which it scrolls sideways. */
  minWidth: number;
  rows: R[];
  columns: Column<R>[];
  nameOf: (row: R) => string;
  /** None: the row has no menu. */
  actions: (row: R) => Action[];
}

export function RowsTable<R extends { id: string }>(props: Props<R>) {
  const { name, minWidth, rows, columns, nameOf, actions } = props;
  const place = ({ right }: Column<R>, at: number) => ({
    ta: right ? ("right" as const) : undefined,
    pl: at === 0 ? "md" : undefined,
  });
  return (
    <Paper>
      <WideTable name={name}>
        <Table className="numbers" miw={minWidth}>
          <Table.Thead>
            <Table.Tr>
              {columns.map((column, at) => (
                <Table.Th key={column.title} {...place(column, at)}>
                  {column.title}
                </Table.Th>
              ))}
              <ActionsHead />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.id}>
                {columns.map((column, at) => (
                  <Table.Td
                    key={column.title}
                    fw={column.strong ? 600 : undefined}
                    className={column.mono ? "mono" : undefined}
                    style={column.mono ? { overflowWrap: "anywhere" } : undefined}
                    {...place(column, at)}
                  >
                    {column.cell(row)}
                  </Table.Td>
                ))}
                <Table.Td>
                  <Menu of={nameOf(row)} actions={actions(row)} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </Paper>
  );
}

function Menu({ of, actions }: { of: string; actions: Action[] }) {
  return actions.length > 0 && <RowMenu of={of} actions={actions} />;
}
