// What one node at a time does for all: whose turn it is, and who wrote last.
import { Table, Text } from "@mantine/core";
import type { Cluster } from "~/api/cluster";
import { ago } from "~/parts/format";
import { Section } from "~/parts/Section";

export function Leases({ leases }: Pick<Cluster, "leases">) {
  return (
    <Section
      title="Leases"
      about="Work that one node at a time does for all. Another takes over within six seconds when it is gone."
      wide
    >
      {leases.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          Nothing has been leased yet.
        </Text>
      ) : (
        <Table className="numbers" miw={640}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="md">Work</Table.Th>
              <Table.Th>Held by</Table.Th>
              <Table.Th>Epoch</Table.Th>
              <Table.Th>Wrote last</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {leases.map((lease) => (
              <Table.Tr key={lease.name}>
                <Table.Td pl="md" className="mono">
                  {lease.name}
                </Table.Td>
                <Table.Td className="mono">{lease.holder ?? "nobody"}</Table.Td>
                <Table.Td>{lease.epoch ?? "–"}</Table.Td>
                <Table.Td>
                  {lease.writer ? (
                    <>
                      <span className="mono">{lease.writer}</span>
                      {lease.writer_since && `, elected ${ago(lease.writer_since)}`}
                    </>
                  ) : (
                    "–"
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
