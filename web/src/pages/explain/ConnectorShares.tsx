// What each connector has to offer for the request.
import { Table } from "@mantine/core";
import type { Explanation } from "~/api/explain";
import { count } from "~/parts/format";
import { Section } from "~/parts/Section";

interface Props {
  rows: Explanation["connectors"];
  names: Map<string, string>;
}

export function ConnectorShares({ rows, names }: Props) {
  return (
    <Section title="By connector" about="All of a tier come before any of the next." wide>
      <Table miw={480}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th pl="md">Connector</Table.Th>
            <Table.Th ta="right">Tier</Table.Th>
            <Table.Th ta="right">Weight</Table.Th>
            <Table.Th ta="right">Exits</Table.Th>
            <Table.Th ta="right" pr="md">
              Could carry it
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="numbers">
          {rows.map(({ connector_id, tier, weight, exits, left }) => (
            <Table.Tr key={connector_id}>
              <Table.Td pl="md">{names.get(connector_id) ?? connector_id}</Table.Td>
              <Table.Td ta="right">{tier}</Table.Td>
              <Table.Td ta="right">{weight}</Table.Td>
              <Table.Td ta="right">{count(exits)}</Table.Td>
              <Table.Td ta="right" pr="md">
                {count(left)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
