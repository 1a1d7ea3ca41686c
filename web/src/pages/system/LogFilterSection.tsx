// What nodes log, and how that is changed for a while.
import { Button, Group, NumberInput, Select, SimpleGrid, Stack, Table, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import type { Member } from "~/api/cluster";
import { type LogFilter, logFilterQuery, setLogFilter } from "~/api/system";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { ago } from "~/parts/format";
import { done, failed } from "~/parts/notices";
import { ActionsHead } from "~/parts/RowMenu";
import { Section } from "~/parts/Section";
import { WideTable } from "~/parts/WideTable";

export function LogFilterSection({ members }: { members: Member[] }) {
  const queries = useQueryClient();
  const { queryKey } = logFilterQuery;
  const now = useSuspenseQuery(logFilterQuery).data;
  const form = useForm({ initialValues: { filter: "info,relay=debug", instance_id: "", minutes: 10 as number | "" } });
  const adopt = (view: LogFilter) => queries.setQueryData(queryKey, view);
  const submit = useSubmit(
    form,
    ({ filter, instance_id, minutes }) =>
      setLogFilter({ filter, instance_id: instance_id || null, seconds: Number(minutes) * 60 }),
    (view) => {
      adopt(view);
      done("Nodes log that within seconds.");
    },
  );
  const end = (instance_id: string | null) =>
    setLogFilter({ filter: null, instance_id, seconds: 1 }).then(
      (view) => {
        adopt(view);
        done("It logs again what it was started with.");
      },
      (error) => failed("The log was not changed", error),
    );
  return (
    <Section
      title="Log"
      about={
        <>
          The node <span className="mono">{now.instance_id}</span> logs{" "}
          <span className="mono">{now.filter}</span> now.
        </>
      }
    >
      <Stack gap="md">
        <form onSubmit={submit.send}>
          <Stack gap="sm">
            <SubmitProblem of={submit} what="The log was not changed" />
            <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
              <TextInput
                label="What is logged"
                description="A level, or directives for parts"
                classNames={{ input: "mono" }}
                required
                {...form.getInputProps("filter")}
              />
              <Select
                label="By"
                description="A node's own filter comes first"
                data={[
                  { value: "", label: "Every node without one of its own" },
                  ...members.map(({ id }) => ({ value: id, label: id })),
                ]}
                {...form.getInputProps("instance_id")}
              />
              <NumberInput
                label="For so many minutes"
                description="Then as it was started"
                min={1}
                max={1440}
                {...form.getInputProps("minutes")}
                error={form.errors.seconds ?? form.errors.minutes}
              />
            </SimpleGrid>
            <Group justify="flex-end">
              <Button type="submit" loading={submit.busy}>
                Set
              </Button>
            </Group>
          </Stack>
        </form>
        {now.items.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing is set: every node logs what it was started with.
          </Text>
        ) : (
          <WideTable name="Filters that are set">
            <Table miw={560}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th pl={0}>Node</Table.Th>
                  <Table.Th>Logs</Table.Th>
                  <Table.Th>Ends</Table.Th>
                  <ActionsHead />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {now.items.map(({ instance_id, filter, until }) => (
                  <Table.Tr key={instance_id ?? ""}>
                    <Table.Td pl={0} className={instance_id == null ? undefined : "mono"}>
                      {instance_id ?? "every other"}
                    </Table.Td>
                    <Table.Td className="mono">{filter}</Table.Td>
                    <Table.Td>{ago(until)}</Table.Td>
                    <Table.Td>
                      <Button size="compact-xs" variant="default" onClick={() => void end(instance_id ?? null)}>
                        End it
                      </Button>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </WideTable>
        )}
      </Stack>
    </Section>
  );
}
