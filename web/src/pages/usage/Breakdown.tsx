// Which connectors, hosts or countries the most went through.
import { Anchor, SegmentedControl, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { connectorsQuery } from "~/api/connectors";
import { type SeriesItem, type Span, seriesQuery } from "~/api/usage";
import { bytes, cost, count, milliseconds, percent } from "~/parts/format";
import { Section } from "~/parts/Section";
import type { Chosen } from "./UsagePage";

const LEVELS = [
  { value: "connectors", label: "Connectors" },
  { value: "hosts", label: "Hosts" },
  { value: "countries", label: "Countries" },
];

interface Props {
  project: string;
  span: Span;
  choose: (chosen: Chosen) => void;
}

export function Breakdown({ project, span, choose }: Props) {
  const [level, setLevel] = useState<"connectors" | "hosts" | "countries">("connectors");
  const { data } = useQuery(seriesQuery(project, span, level, {}));
  const connectors = useQuery(connectorsQuery(project)).data?.items ?? [];
  const names = new Map(connectors.map(({ id, name }) => [id, name]));
  const known = (item: SeriesItem) => chosenOf(item, names);
  // The level before stands there until this one has been read.
  const rows = (data?.series ?? []).filter((item) => known(item) !== null);
  return (
    <Section
      title="The busiest"
      about={level === "connectors" ? "Each attempt counts, so that there may be more of them than requests." : undefined}
      actions={
        <SegmentedControl
          aria-label="The busiest of what"
          size="xs"
          data={LEVELS}
          value={level}
          onChange={(value) => setLevel(value as typeof level)}
        />
      }
      wide
    >
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          {data === undefined ? "Reading…" : "Nothing went through in this time."}
        </Text>
      ) : (
        <Table className="numbers" miw={680}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="md">Which</Table.Th>
              <Table.Th ta="right">Requests</Table.Th>
              <Table.Th ta="right">Success</Table.Th>
              <Table.Th ta="right">p95</Table.Th>
              <Table.Th ta="right">Traffic</Table.Th>
              <Table.Th ta="right" pr="md">
                Cost
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((item) => {
              const { totals } = item;
              const one = known(item) as Chosen;
              const share = totals.requests > 0 ? 1 - totals.failures / totals.requests : null;
              return (
                <Table.Tr key={one.name}>
                  <Table.Td pl="md">
                    <Anchor component="button" size="sm" onClick={() => choose(one)}>
                      {one.name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td ta="right">{count(totals.requests)}</Table.Td>
                  <Table.Td ta="right">{share === null ? "–" : percent(share)}</Table.Td>
                  <Table.Td ta="right">{milliseconds(totals.latency_ms.p95)}</Table.Td>
                  <Table.Td ta="right">{bytes(totals.bytes_received + totals.bytes_sent)}</Table.Td>
                  <Table.Td ta="right" pr="md">
                    {cost(totals.cost_micros / 1e6)}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

function chosenOf(item: SeriesItem, names: Map<string, string>): Chosen | null {
  const { connector_id, host, country } = item;
  if (connector_id != null) return { filter: { connector_id }, name: names.get(connector_id) ?? connector_id };
  if (host != null) return { filter: { host }, name: host };
  return country == null ? null : { filter: { country }, name: country };
}
