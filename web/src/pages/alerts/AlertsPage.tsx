// What people should know of: what lasts, how bad it is, and who knows already.
import { Anchor, Button, Group, NativeSelect, Paper, SegmentedControl, Skeleton, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type Alert, type AlertFilter, acknowledge, alertsQuery, KINDS } from "~/api/alerts";
import { projectsQuery } from "~/api/projects";
import { may, roleIn, useMe } from "~/api/session";
import { Empty } from "~/parts/Empty";
import { Failure } from "~/parts/Failure";
import { ago, count, dateTime } from "~/parts/format";
import { done, failed } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";
import { StateLabel, type Tone } from "~/parts/StateLabel";
import { WideTable } from "~/parts/WideTable";

const TONES: Record<string, Tone> = { info: "quiet", warning: "warn", critical: "bad" };

const STATES = [
  { value: "open", label: "Open" },
  { value: "resolved", label: "Resolved" },
  { value: "", label: "All" },
];

export default function AlertsPage() {
  const [filter, narrow] = useState<AlertFilter>({ state: "open" });
  const list = useInfiniteQuery(alertsQuery(filter));
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const set = (part: AlertFilter) => narrow({ ...filter, ...part });
  return (
    <PageFrame
      title="Alerts"
      about="What lasts stays open until it is over by itself; saying that you know of it tells others."
      actions={
        <Button component={Link} to="/webhooks" variant="default">
          Webhooks
        </Button>
      }
    >
      <Group gap="sm">
        <SegmentedControl
          aria-label="Which alerts"
          size="xs"
          data={STATES}
          value={filter.state ?? ""}
          onChange={(state) => set({ state: state || undefined })}
        />
        <NativeSelect
          aria-label="Of which kind"
          size="xs"
          data={[
            { value: "", label: "Every kind" },
            ...Object.entries(KINDS).map(([value, label]) => ({ value, label })),
          ]}
          value={filter.kind ?? ""}
          onChange={({ currentTarget: { value } }) => set({ kind: value || undefined })}
        />
      </Group>
      {list.isError && (
        <Failure error={list.error} what="The alerts could not be read" retry={() => list.refetch()} />
      )}
      {list.isPending && <Skeleton h={160} />}
      {list.isSuccess && rows.length === 0 && (
        <Empty icon="alerts" title={filter.state === "open" ? "Nothing is wrong" : "No alert"}>
          {filter.state === "open"
            ? "No alert is open. Webhooks tell of the next one wherever you are."
            : "Nothing of that kind has been found lately."}
        </Empty>
      )}
      {rows.length > 0 && <AlertTable rows={rows} />}
      {list.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show older ones
          </Button>
        </Group>
      )}
    </PageFrame>
  );
}

function AlertTable({ rows }: { rows: Alert[] }) {
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  return (
    <Paper>
      <WideTable name="Alerts">
        <Table className="numbers" miw={860}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="md" w={110}>
                Severity
              </Table.Th>
              <Table.Th>What</Table.Th>
              <Table.Th w={150}>Project</Table.Th>
              <Table.Th w={150}>Since</Table.Th>
              <Table.Th w={200} pr="md">
                State
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.id}>
                <Table.Td pl="md">
                  <StateLabel state={row.severity} tone={TONES[row.severity]} />
                </Table.Td>
                <Table.Td>
                  {row.text}
                  <Text size="xs" c="dimmed">
                    {KINDS[row.kind] ?? row.kind} · {row.subject_kind} {row.subject_name}
                    {row.count > 1 && ` · found ${count(row.count)} times`}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {row.project_id == null ? (
                    "–"
                  ) : (
                    <Anchor component={Link} to={`/projects/${row.project_id}`} size="sm">
                      {names.get(row.project_id) ?? "one that is gone"}
                    </Anchor>
                  )}
                </Table.Td>
                <Table.Td title={dateTime(row.opened_at)}>{ago(row.opened_at)}</Table.Td>
                <Table.Td pr="md">
                  <Known of={row} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </Paper>
  );
}

/** Who knows of it, or the button for that. */
function Known({ of }: { of: Alert }) {
  const queries = useQueryClient();
  const me = useMe();
  if (of.resolved_at != null) return <StateLabel state={`over ${ago(of.resolved_at)}`} tone="good" />;
  if (of.acknowledged_at != null)
    return <span title={dateTime(of.acknowledged_at)}>{of.acknowledged_by ?? "Somebody"} knows</span>;
  if (!may(roleIn(me, of.project_id), "editor")) return <>nobody knows yet</>;
  const run = () =>
    acknowledge(of)
      .then(() => done("The others see that you know."), (error) => failed("Nobody was told", error))
      .finally(() => queries.invalidateQueries({ queryKey: ["alerts"] }));
  return (
    <Button size="compact-xs" variant="default" onClick={() => void run()}>
      Acknowledge
    </Button>
  );
}
