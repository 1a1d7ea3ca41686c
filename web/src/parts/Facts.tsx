// What is known of one thing, line by line.
import { Table } from "@mantine/core";
import type { ReactNode } from "react";

export type Fact = [name: string, value: ReactNode];

export function Facts({ of, name = "Facts" }: { of: Fact[]; name?: string }) {
  return (
    <Table layout="fixed" aria-label={name}>
      <Table.Tbody>
        {of.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={110} style={{ verticalAlign: "top" }}>
              {name}
            </Table.Th>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
