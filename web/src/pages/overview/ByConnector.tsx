// Which connector the attempts went through, and how they ended.
import { Anchor, Paper, Table, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { connectorsQuery } from "~/api/connectors";
import { NOTHING, success, usageQuery } from "~/api/usage";
import { bytes, count, milliseconds, percent } from "~/parts/format";
import { WideTable } from "~/parts/WideTable";

export function ByConnector({ project, hours }: { project: string; hours: number }) {
  const connectors = useQuery(connectorsQuery(project)).data?.items ?? [];
  const usage = useQuery(usageQuery(project, hours, "connectors")).data?.items ?? [];
  if (connectors.length === 0) return null;
  const rows = connectors.map((connector) => ({
    connector,
    counters: usage.find(({ connector_id }) => connector_id === connector.id) ?? NOTHING,
  }));
  return (
    <Paper component="section" aria-label="By connector">
      <Title order={2} p="md" pb="xs">
        By connector
      </Title>
      <WideTable name="By connector: table">
        <Table className="numbers" miw={620}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="md">Connector</Table.Th>
              <Table.Th ta="right">Exits</Table.Th>
              <Table.Th ta="right">Attempts</Table.Th>
              <Table.Th ta="right">Success</Table.Th>
              <Table.Th ta="right">Latency</Table.Th>
              <Table.Th ta="right" pr="md">
                Traffic
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ connector, counters }) => {
              const share = success(counters);
              return (
                <Table.Tr key={connector.id}>
                  <Table.Td pl="md">
                    <Anchor component={Link} to={`/projects/${project}/connectors`} size="sm">
                      {connector.name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td ta="right">{count(connector.proxy_count)}</Table.Td>
                  <Table.Td ta="right">{count(counters.requests)}</Table.Td>
                  <Table.Td ta="right">{share === null ? "–" : percent(share)}</Table.Td>
                  <Table.Td ta="right">{milliseconds(counters.average_latency_ms)}</Table.Td>
                  <Table.Td ta="right" pr="md">
                    {bytes(counters.bytes_received + counters.bytes_sent)}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </WideTable>
    </Paper>
  );
}
