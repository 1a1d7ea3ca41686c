// Where a project's exits come from, how requests are shared between them, and their limits.
import { Button, Drawer, Switch } from "@mantine/core";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
  changeConnector,
  type Connector,
  connectorsQuery,
  deleteConnector,
} from "~/api/connectors";
import { useProjectId } from "~/api/projects";
import { useMay } from "~/api/session";
import { Confirm } from "~/parts/Confirm";
import { doom, useAlive } from "~/parts/doomed";
import { Empty } from "~/parts/Empty";
import { bytes, count } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { failed } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";
import type { Action } from "~/parts/RowMenu";
import { RowsTable } from "~/parts/RowsTable";
import { ConnectorForm } from "./ConnectorForm";
import { Routing } from "./Routing";

/** A limit in short. */
export function limitOf({ rate_limit: limit, max_in_flight }: Connector): string {
  const parts = [];
  if (limit) parts.push(`${count(limit.max_requests)} in ${limit.window_seconds} s`);
  if (max_in_flight) parts.push(`${count(max_in_flight)} at a time`);
  return parts.join(", ") || "none";
}

export default function ConnectorsPage() {
  const project = useProjectId();
  const queries = useQueryClient();
  const query = connectorsQuery(project);
  const items = useAlive(useSuspenseQuery(query).data.items);
  const mayEdit = useMay("editor");
  const [edited, edit] = useState<Connector | "new" | null>(null);
  const [asked, ask] = useState<Connector | null>(null);
  const remove = (row: Connector) =>
    doom({
      id: row.id,
      name: `Connector ${row.name}`,
      send: () =>
        deleteConnector(row).finally(() =>
          queries.invalidateQueries({ queryKey: ["projects", project] }),
        ),
    });
  const toggle = useToggle(project);
  const add = mayEdit && (
    <Button leftSection={<Icon name="add" size={16} />} onClick={() => edit("new")}>
      New connector
    </Button>
  );
  const isOn = (row: Connector) => (
    <Switch
      aria-label={`${row.name} is on`}
      size="xs"
      checked={row.enabled}
      disabled={!mayEdit}
      onChange={({ currentTarget: { checked } }) => toggle.mutate({ row, enabled: checked })}
    />
  );
  const actions = (row: Connector): Action[] => [
    { label: "Change", icon: "edit", run: () => edit(row) },
    {
      label: "Delete",
      icon: "delete",
      danger: true,
      run: () => (row.proxy_count > 0 ? ask(row) : remove(row)),
    },
  ];
  return (
    <PageFrame
      title="Connectors"
      about="A connector is a source of exits, with its share of the requests and its limits."
      actions={items.length > 0 && add}
    >
      {items.length === 0 ? (
        <Empty icon="connectors" title="No connector yet" action={add}>
          Proxies belong to one. Uploading a list makes a connector for it, or create one here.
        </Empty>
      ) : (
        <>
          <Routing connectors={items} />
          <RowsTable
            name="Connectors"
            minWidth={760}
            rows={items}
            nameOf={({ name }) => name}
            columns={[
              { title: "Connector", strong: true, cell: ({ name }) => name },
              { title: "On", cell: isOn },
              { title: "Kind", cell: ({ kind }) => (kind === "static" ? "list" : kind) },
              { title: "Exits", right: true, cell: (row) => count(row.proxy_count) },
              { title: "Tier", right: true, cell: ({ priority }) => priority },
              { title: "Weight", right: true, cell: ({ weight }) => weight },
              { title: "Limit of an exit", cell: limitOf },
              {
                title: "Traffic",
                right: true,
                cell: ({ live }) => bytes(live.bytes_received + live.bytes_sent),
              },
            ]}
            actions={(row) => (mayEdit ? actions(row) : [])}
          />
        </>
      )}
      <Drawer
        opened={edited !== null}
        onClose={() => edit(null)}
        position="right"
        size="lg"
        title={edited === "new" ? "New connector" : "Change the connector"}
      >
        {edited !== null && (
          <ConnectorForm
            project={project}
            row={edited === "new" ? null : edited}
            onClose={() => edit(null)}
          />
        )}
      </Drawer>
      <Confirm
        opened={asked !== null}
        onClose={() => ask(null)}
        title={`Delete ${asked?.name ?? ""}?`}
        verb="Delete"
        word={asked?.name}
        run={async () => asked && remove(asked)}
      >
        Its {count(asked?.proxy_count ?? 0)} proxies go with it, and do not come back.
      </Confirm>
    </PageFrame>
  );
}

/** Turns a connector on or off: at once here, and back where the node refuses it. */
function useToggle(project: string) {
  const queries = useQueryClient();
  const { queryKey } = connectorsQuery(project);
  return useMutation({
    mutationFn: ({ row, enabled }: { row: Connector; enabled: boolean }) =>
      changeConnector(row, { enabled }),
    onMutate: async ({ row, enabled }) => {
      await queries.cancelQueries({ queryKey });
      const before = queries.getQueryData(queryKey);
      queries.setQueryData(queryKey, (list) => {
        const put = (one: Connector) => (one.id === row.id ? { ...one, enabled } : one);
        return list && { ...list, items: list.items.map(put) };
      });
      return before;
    },
    onError: (error, { row }, before) => {
      queries.setQueryData(queryKey, before);
      failed(`${row.name} is as it was`, error);
    },
    onSettled: () => queries.invalidateQueries({ queryKey }),
  });
}
