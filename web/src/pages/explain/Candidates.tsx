// The first exits in the order in which they would be tried.
import { Table } from "@mantine/core";
import type { Candidate } from "~/api/explain";
import { ExitName } from "~/parts/ExitName";
import { count, milliseconds } from "~/parts/format";
import { Section } from "~/parts/Section";

interface Props {
  project: string;
  rows: Candidate[];
  names: Map<string, string>;
}

export function Candidates({ project, rows, names }: Props) {
  return (
    <Section
      title="In the order of trying"
      about="The first ten. The score says how good an exit has been lately, from 0 to 1."
      wide
    >
      <Table miw={700}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th pl="md" w={48}>
              #
            </Table.Th>
            <Table.Th>Exit</Table.Th>
            <Table.Th>Connector</Table.Th>
            <Table.Th>Country</Table.Th>
            <Table.Th ta="right">Score</Table.Th>
            <Table.Th ta="right">Under way</Table.Th>
            <Table.Th ta="right" pr="md">
              Latency, p95
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, at) => (
            <Table.Tr key={row.exit}>
              <Table.Td pl="md" className="numbers">
                {at + 1}
              </Table.Td>
              <Table.Td>
                <ExitName project={project} id={row.exit} />
              </Table.Td>
              <Table.Td>{names.get(row.connector_id) ?? "–"}</Table.Td>
              <Table.Td>{row.country ?? "–"}</Table.Td>
              <Table.Td ta="right" className="numbers">
                {row.score.toFixed(2)}
              </Table.Td>
              <Table.Td ta="right" className="numbers">
                {count(row.in_flight)}
              </Table.Td>
              <Table.Td ta="right" pr="md" className="numbers">
                {milliseconds(row.latency_p95_ms)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
