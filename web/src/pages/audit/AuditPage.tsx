// Who did what to the installation, and when: every change, logins and failed ones.
import { Button, Group, Paper, Skeleton, Table, Text, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type AuditEntry, type AuditFilter, auditQuery } from "~/api/audit";
import { projectsQuery } from "~/api/projects";
import { isNarrow } from "~/forms/useTyped";
import { Empty } from "~/parts/Empty";
import { Failure } from "~/parts/Failure";
import { count, dateTime } from "~/parts/format";
import { PageFrame } from "~/parts/PageFrame";
import { WideTable } from "~/parts/WideTable";
import { AuditDrawer } from "./AuditDrawer";
import { AuditFilters } from "./AuditFilters";

/** A word of the API as people write it. */
const words = (name: string) => name.replaceAll("_", " ").replace(/^api\b/, "API");

/** What was done, in words: `project Price watch: updated`. */
export function deed({ op, noun, entity_name, entity_id }: AuditEntry): string {
  const name = entity_name ?? entity_id;
  return `${[words(noun), name].filter(Boolean).join(" ")}: ${words(op)}`;
}

/** Who did it, with what they are where it is no person. */
export function actorOf({ actor }: AuditEntry): string {
  if (actor.kind === "user") return actor.name;
  const kind = actor.kind.replaceAll("_", " ");
  return actor.name === "" || actor.name === kind ? kind : `${actor.name} (${kind})`;
}

export default function AuditPage() {
  const [filter, narrow] = useState<AuditFilter>({});
  const [chosen, choose] = useState<AuditEntry | null>(null);
  const list = useInfiniteQuery(auditQuery(filter));
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  const pages = list.data?.pages ?? [];
  const rows = pages.flatMap(({ items }) => items);
  return (
    <PageFrame
      title="Audit log"
      about="What was done to the installation, by whom and when. Secrets are in no entry."
    >
      <AuditFilters filter={filter} onChange={narrow} projects={projects} />
      {list.isError && (
        <Failure error={list.error} what="The audit log could not be read" retry={() => list.refetch()} />
      )}
      {list.isPending && <Skeleton h={240} />}
      {list.isSuccess && rows.length === 0 && (
        <Empty icon={isNarrow(filter) ? "search" : "audit"} title="No entry">
          {isNarrow(filter) ? "Widen the filters: nothing fits all of them." : "Nothing was done yet."}
        </Empty>
      )}
      {rows.length > 0 && (
        <>
          <Text size="sm" c="dimmed" className="numbers">
            {count(pages[0]?.total ?? rows.length)} {rows.length === 1 ? "entry" : "entries"}
          </Text>
          <Paper>
            <WideTable name="Audit log">
              <Table className="numbers" miw={820} highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th pl="md" w={150}>
                      When
                    </Table.Th>
                    <Table.Th w={130}>Who</Table.Th>
                    <Table.Th>What</Table.Th>
                    <Table.Th w="22%">Changed</Table.Th>
                    <Table.Th w={160}>Project</Table.Th>
                    <Table.Th w={130} pr="md">
                      From
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map((row) => (
                    <Table.Tr key={row.id}>
                      <Table.Td pl="md">{dateTime(row.at)}</Table.Td>
                      <Table.Td>{actorOf(row)}</Table.Td>
                      <Table.Td>
                        <UnstyledButton fz="sm" c="var(--mantine-color-anchor)" onClick={() => choose(row)}>
                          {deed(row)}
                        </UnstyledButton>
                      </Table.Td>
                      <Table.Td c="dimmed">{fieldsOf(row)}</Table.Td>
                      <Table.Td>{names.get(row.project_id ?? "") ?? "–"}</Table.Td>
                      <Table.Td pr="md" className="mono">
                        {row.address ?? "–"}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </WideTable>
          </Paper>
        </>
      )}
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
      <AuditDrawer entry={chosen} onClose={() => choose(null)} />
    </PageFrame>
  );
}

/** The first fields that were changed, and how many more; of what is new, how many it has. */
export function fieldsOf({ op, changes }: AuditEntry): string {
  const fields = [...new Set(changes.map(({ field }) => field.split(".")[0] as string))];
  if (fields.length === 0) return "–";
  if (op !== "updated") return `${count(fields.length)} ${fields.length === 1 ? "field" : "fields"}`;
  const more = fields.length - 3;
  return fields.slice(0, 3).join(", ") + (more > 0 ? ` and ${count(more)} more` : "");
}
