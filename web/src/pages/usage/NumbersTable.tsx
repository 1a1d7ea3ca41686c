// The numbers of the charts, a row for each step that had any, the latest first.
import { Table, Text } from "@mantine/core";
import type { SeriesPoint } from "~/api/usage";
import { bytes, cost, count, dateTime, milliseconds } from "~/parts/format";
import { Section } from "~/parts/Section";

const HEADS = ["Requests", "Failed", "p50", "p95", "p99", "Received", "Sent", "Cost"];

function cells(point: SeriesPoint): string[] {
  const { requests, failures, latency_ms, bytes_received, bytes_sent, cost_micros } = point;
  return [
    count(requests),
    count(failures),
    milliseconds(latency_ms.p50),
    milliseconds(latency_ms.p95),
    milliseconds(latency_ms.p99),
    bytes(bytes_received),
    bytes(bytes_sent),
    cost(cost_micros / 1e6),
  ];
}

export function NumbersTable({ points }: { points: SeriesPoint[] }) {
  return (
    <Section title="Step by step" wide>
      {points.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          No request in this time.
        </Text>
      ) : (
        <Table className="numbers" miw={860}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="md">From</Table.Th>
              {HEADS.map((name) => (
                <Table.Th key={name} ta="right">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {points.toReversed().map((point) => (
              <Table.Tr key={point.at}>
                <Table.Td pl="md">{dateTime(point.at ?? "")}</Table.Td>
                {cells(point).map((text, at) => (
                  <Table.Td key={HEADS[at]} ta="right">
                    {text}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
