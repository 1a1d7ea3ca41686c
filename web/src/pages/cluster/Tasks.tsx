// The background tasks of the node that answers, those that fail first.
import { Table } from "@mantine/core";
import type { Cluster } from "~/api/cluster";
import { ago, count } from "~/parts/format";
import { Section } from "~/parts/Section";
import { StateLabel } from "~/parts/StateLabel";

export function Tasks({ tasks }: Pick<Cluster, "tasks">) {
  const sorted = tasks.toSorted((one, other) => {
    return other.consecutive_failures - one.consecutive_failures || one.name.localeCompare(other.name);
  });
  return (
    <Section title="Tasks of this node" wide>
      <Table className="numbers" miw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th pl="md">Task</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Last</Table.Th>
            <Table.Th ta="right">Runs</Table.Th>
            <Table.Th ta="right">Failures</Table.Th>
            <Table.Th pr="md">Said</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sorted.map((task) => {
            const failing = task.consecutive_failures > 0;
            const state = failing ? `failed ${task.consecutive_failures} times` : "ok";
            return (
              <Table.Tr key={task.name}>
                <Table.Td pl="md" className="mono">
                  {task.name}
                </Table.Td>
                <Table.Td>
                  <StateLabel state={state} tone={failing ? "bad" : "good"} />
                </Table.Td>
                <Table.Td>{task.ended_at ? ago(task.ended_at) : "not yet"}</Table.Td>
                <Table.Td ta="right">{count(task.runs)}</Table.Td>
                <Table.Td ta="right">{count(task.failures)}</Table.Td>
                <Table.Td pr="md" c="dimmed">
                  {task.outcome}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
