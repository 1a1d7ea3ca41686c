// How much traffic a project and its connectors may have, what is spent of it, and what it costs.
import { Button, Drawer, Progress, Stack, Table, Text } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { connectorsQuery } from "~/api/connectors";
import { useProject } from "~/api/projects";
import { useMay } from "~/api/session";
import { type CapItem, capsQuery } from "~/api/usage";
import { ago, cost, dateTime, percent } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { PageFrame } from "~/parts/PageFrame";
import { Section } from "~/parts/Section";
import { StateLabel } from "~/parts/StateLabel";
import { CapForm, capsFor, type Owner } from "./CapForm";
import { onceReached, pricesText, spentOf } from "./values";

export default function CapsPage() {
  const project = useProject();
  const connectors = useSuspenseQuery(connectorsQuery(project.id)).data.items;
  const { items } = useSuspenseQuery(capsQuery(project.id)).data;
  const mayEdit = useMay("editor");
  const [edited, edit] = useState<Owner | null>(null);
  const owners: Owner[] = [{ project }, ...connectors.map((connector) => ({ project, connector }))];
  return (
    <PageFrame
      title="Caps and prices"
      about="Periods are those of the calendar in UTC. What is spent counts on all nodes together, and is some seconds old."
    >
      {owners.map((owner) => {
        const { connector } = owner;
        const name = connector?.name ?? `Project ${project.name}`;
        return (
          <Section
            key={connector?.id ?? ""}
            title={name}
            about={
              connector
                ? `Its traffic costs ${pricesText(connector.prices)}.`
                : "The traffic of all its connectors together."
            }
            actions={
              mayEdit && (
                <Button
                  size="xs"
                  variant="default"
                  leftSection={<Icon name="edit" size={14} />}
                  aria-label={`Change caps of ${name}`}
                  onClick={() => edit(owner)}
                >
                  Change
                </Button>
              )
            }
            wide
          >
            <CapTable rows={capsFor(owner, items)} />
          </Section>
        );
      })}
      <Drawer
        opened={edited !== null}
        onClose={() => edit(null)}
        position="right"
        size="lg"
        title={`Caps of ${edited?.connector?.name ?? project.name}`}
      >
        {edited !== null && <CapForm of={edited} onClose={() => edit(null)} />}
      </Drawer>
    </PageFrame>
  );
}

/** How far a cap has been reached, in a word. */
function stateOf({ is_reached, percent }: CapItem): [string, "good" | "warn" | "bad"] {
  if (is_reached) return ["reached", "bad"];
  return percent >= 80 ? ["nearly reached", "warn"] : ["within", "good"];
}

function CapTable({ rows }: { rows: CapItem[] }) {
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed" px="md" pb="md">
        No cap: it may have as much traffic as comes.
      </Text>
    );
  }
  return (
    <Table className="numbers" miw={760} layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th pl="md" w={150}>
            State
          </Table.Th>
          <Table.Th w="34%">Spent</Table.Th>
          <Table.Th>Cost in the period</Table.Th>
          <Table.Th>Once reached</Table.Th>
          <Table.Th pr="md">Begins anew</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => {
          const [state, tone] = stateOf(row);
          const spent = spentOf(row);
          return (
            <Table.Tr key={`${row.measure} ${row.period} ${row.limit} ${row.action}`}>
              <Table.Td pl="md">
                <StateLabel state={state} tone={tone} />
              </Table.Td>
              <Table.Td>
                <Stack gap={4}>
                  <span>
                    {spent}, {percent(row.percent / 100)}
                  </span>
                  <Progress
                    value={Math.min(100, row.percent)}
                    color={`var(--${tone}-area)`}
                    aria-label={spent}
                  />
                </Stack>
              </Table.Td>
              <Table.Td>{cost(row.cost_micros / 1e6)}</Table.Td>
              <Table.Td>{onceReached(row)}</Table.Td>
              <Table.Td pr="md" title={dateTime(row.resets_at)}>
                {ago(row.resets_at)}
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}
