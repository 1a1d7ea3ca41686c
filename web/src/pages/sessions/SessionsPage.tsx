// Sticky sessions: which exit each has, since when and how much longer; and another one for them.
import { Button, Group, Paper, Table, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useProjectId } from "~/api/projects";
import { useMay } from "~/api/session";
import { rotate, rotateAll, type Session, sessionsQuery } from "~/api/sessions";
import { Confirm } from "~/parts/Confirm";
import { Empty } from "~/parts/Empty";
import { ExitName } from "~/parts/ExitName";
import { Failure } from "~/parts/Failure";
import { ago, count, duration } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { done, failed } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";
import { ActionsHead, RowMenu } from "~/parts/RowMenu";
import { WideTable } from "~/parts/WideTable";

export default function SessionsPage() {
  const project = useProjectId();
  const mayEdit = useMay("editor");
  const queries = useQueryClient();
  const [typed, type] = useState("");
  const [prefix] = useDebouncedValue(typed, 250);
  const [asking, ask] = useState(false);
  const list = useInfiniteQuery(sessionsQuery(project, prefix));
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const silent = list.data?.pages[0]?.unanswered ?? [];
  const reload = () => queries.invalidateQueries({ queryKey: ["projects", project, "sessions"] });
  const turn = ({ session }: Session) =>
    void rotate(project, session)
      .then(
        () => done(`${session} leaves through another exit from now on.`),
        (error) => failed(`${session} keeps its exit`, error),
      )
      .finally(reload);
  return (
    <PageFrame
      title="Sessions"
      about="Sticky sessions that nodes have seen and that are not over. A session without a request yet is not here."
      actions={
        mayEdit &&
        rows.length > 0 && (
          <Button variant="default" leftSection={<Icon name="refresh" size={16} />} onClick={() => ask(true)}>
            {prefix ? "Rotate those" : "Rotate all"}
          </Button>
        )
      }
    >
      {list.error !== null && (
        <Failure error={list.error} what="The sessions could not be read" retry={() => void list.refetch()} />
      )}
      <Group justify="space-between">
        <TextInput
          aria-label="Begin of the name"
          placeholder="Name begins with…"
          leftSection={<Icon name="search" size={16} />}
          w={{ base: "100%", xs: 260 }}
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
        />
        <Text size="sm" c="dimmed" className="numbers" role="status">
          {list.data === undefined
            ? "Reading…"
            : `${count(rows.length)}${list.hasNextPage ? " and more" : ""} alive`}
          {silent.length > 0 && `; no answer from ${silent.join(", ")}`}
        </Text>
      </Group>
      {list.data !== undefined && rows.length === 0 ? (
        <Empty icon="sessions" title={prefix ? "No session is called like that" : "No session is alive"}>
          Clients name one in their login: project-session-NAME. It keeps its exit until it is over.
        </Empty>
      ) : (
        <Rows rows={rows} turn={mayEdit ? turn : undefined} />
      )}
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
      <Confirm
        opened={asking}
        onClose={() => ask(false)}
        title={prefix ? `Rotate every session that begins with ${prefix}?` : "Rotate every session?"}
        verb="Rotate"
        failure="Sessions keep their exits"
        run={async () => {
          const { rotated, kept } = await rotateAll(project, prefix);
          done(`${count(rotated)} get another exit${kept > 0 ? `, ${count(kept)} have no other` : ""}.`);
          await reload();
        }}
      >
        Their next requests leave through other exits. Whoever is logged in somewhere may have to do
        so again.
      </Confirm>
    </PageFrame>
  );
}

function Rows({ rows, turn }: { rows: Session[]; turn?: (row: Session) => void }) {
  const project = useProjectId();
  return (
    <Paper>
      <WideTable name="Sessions">
        <Table miw={820}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="md">Session</Table.Th>
              <Table.Th>Exit</Table.Th>
              <Table.Th>Country</Table.Th>
              <Table.Th>Has had it</Table.Th>
              <Table.Th>Last used</Table.Th>
              <Table.Th>Ends</Table.Th>
              <Table.Th>Seen by</Table.Th>
              {turn && <ActionsHead />}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.session}>
                <Table.Td pl="md" className="mono">
                  {row.session}
                </Table.Td>
                <Table.Td>
                  <ExitName project={project} id={row.exit} />
                </Table.Td>
                <Table.Td>{row.country ?? "–"}</Table.Td>
                <Table.Td>{ago(row.since)}</Table.Td>
                <Table.Td>{row.last_used_at ? ago(row.last_used_at) : "–"}</Table.Td>
                <Table.Td>{row.expires_at ? `in ${duration(left(row.expires_at))}` : "never"}</Table.Td>
                <Table.Td>{row.nodes.join(", ")}</Table.Td>
                {turn && (
                  <Table.Td>
                    <RowMenu
                      of={row.session}
                      actions={[{ label: "Another exit", icon: "refresh", run: () => turn(row) }]}
                    />
                  </Table.Td>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </Paper>
  );
}

/** Seconds until then. */
function left(at: string): number {
  return Math.max(0, Math.round((Date.parse(at) - Date.now()) / 1000));
}
