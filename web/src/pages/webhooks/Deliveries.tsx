// What a webhook was told, and what it is still to be told.
import { Drawer, Skeleton, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { deliveriesQuery, type Webhook } from "~/api/webhooks";
import { Failure } from "~/parts/Failure";
import { ago } from "~/parts/format";
import { StateLabel, type Tone } from "~/parts/StateLabel";
import { WideTable } from "~/parts/WideTable";

const TONES: Record<string, Tone> = { pending: "warn", delivered: "good", dead: "bad" };

export function Deliveries({ of, onClose }: { of: Webhook | null; onClose: () => void }) {
  return (
    <Drawer
      opened={of !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title={`Deliveries to ${of?.name ?? ""}`}
    >
      {of !== null && <List webhook={of.id} />}
    </Drawer>
  );
}

function List({ webhook }: { webhook: string }) {
  const { data, error, refetch } = useQuery(deliveriesQuery(webhook));
  if (error !== null)
    return <Failure error={error} what="The deliveries could not be read" retry={() => void refetch()} />;
  if (data === undefined) return <Skeleton h={120} />;
  if (data.items.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        It was told nothing in the last thirty days.
      </Text>
    );
  }
  return (
    <WideTable name="Deliveries">
      <Table className="numbers" miw={520}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Event</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Answered</Table.Th>
            <Table.Th ta="right">Attempts</Table.Th>
            <Table.Th>When</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.items.map((row) => (
            <Table.Tr key={row.id}>
              <Table.Td className="mono">{row.event}</Table.Td>
              <Table.Td>
                <StateLabel state={row.state} tone={TONES[row.state]} />
              </Table.Td>
              <Table.Td>{row.status ?? row.error ?? "–"}</Table.Td>
              <Table.Td ta="right">{row.attempts}</Table.Td>
              <Table.Td>
                {row.state === "pending" && row.next_attempt_at
                  ? `next ${ago(row.next_attempt_at)}`
                  : ago(row.attempted_at ?? row.created_at)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}
