// Keys that programs call the API with: made, looked at, revoked.
import { Button, Modal } from "@mantine/core";
import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiKey, deleteKey, keysQuery, type MadeKey } from "~/api/keys";
import { projectsQuery } from "~/api/projects";
import { useMay, useMe } from "~/api/session";
import { usersQuery } from "~/api/users";
import { Confirm } from "~/parts/Confirm";
import { Empty } from "~/parts/Empty";
import { ago, dateTime } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { done } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";
import { RowsTable } from "~/parts/RowsTable";
import { ShownOnce } from "~/parts/ShownOnce";
import { StateLabel } from "~/parts/StateLabel";
import { KeyForm } from "./KeyForm";

export default function KeysPage() {
  const me = useMe();
  const isAdmin = useMay("admin");
  const queries = useQueryClient();
  const { items } = useSuspenseQuery(keysQuery).data;
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const users = useQuery({ ...usersQuery, enabled: isAdmin }).data?.items ?? [me];
  const [making, make] = useState<"new" | MadeKey | null>(null);
  const [doomed, doom] = useState<ApiKey | null>(null);
  const projectNames = new Map(projects.map(({ id, name }) => [id, name]));
  const userNames = new Map(users.map(({ id, username }) => [id, username]));
  const add = (
    <Button leftSection={<Icon name="add" size={16} />} onClick={() => make("new")}>
      New key
    </Button>
  );
  const seen = (row: ApiKey) =>
    row.projects?.map((id) => projectNames.get(id) ?? "one that is gone").join(", ") ?? "all of its user";
  const owner = { title: "Of", cell: (row: ApiKey) => userNames.get(row.user_id) ?? "–" };
  return (
    <PageFrame
      title="API keys"
      about="Programs call the API with them, as Authorization: Bearer. A key never may more than its user."
      actions={items.length > 0 && add}
    >
      {items.length === 0 ? (
        <Empty icon="keys" title="No key yet" action={add}>
          Make one for each program, so that it can be revoked alone.
        </Empty>
      ) : (
        <RowsTable
          name="API keys"
          minWidth={820}
          rows={items}
          nameOf={({ name }) => name}
          columns={[
            { title: "Name", strong: true, cell: ({ name }) => name },
            ...(isAdmin ? [owner] : []),
            { title: "Role", cell: ({ role }) => role },
            { title: "Projects", cell: seen },
            { title: "Good", cell: (row) => <Good row={row} /> },
            { title: "Last used", cell: ({ last_used_at: at }) => (at ? ago(at) : "never") },
            { title: "Made", cell: ({ created_at }) => ago(created_at) },
          ]}
          actions={(row) => [{ label: "Revoke", icon: "delete", danger: true, run: () => doom(row) }]}
        />
      )}
      <Modal
        opened={making !== null}
        onClose={() => make(null)}
        title={making === "new" ? "New API key" : "The key"}
      >
        {making === "new" && <KeyForm onClose={() => make(null)} onMade={make} />}
        {making !== null && making !== "new" && (
          <ShownOnce name="API key" value={making.key} copy="Copy the key" onClose={() => make(null)}>
            This is the key of {making.name}. It is kept nowhere, and is not shown again.
          </ShownOnce>
        )}
      </Modal>
      <Confirm
        opened={doomed !== null}
        onClose={() => doom(null)}
        title={`Revoke ${doomed?.name ?? ""}?`}
        verb="Revoke"
        failure="The key is still good"
        run={async () => {
          if (doomed === null) return;
          await deleteKey(doomed);
          await queries.invalidateQueries({ queryKey: keysQuery.queryKey });
          done(`The key ${doomed.name} is worth nothing any more.`);
        }}
      >
        Programs that use it are turned away at once, on every node.
      </Confirm>
    </PageFrame>
  );
}

function Good({ row }: { row: ApiKey }) {
  if (row.expires_at == null) return <StateLabel state="without end" tone="good" />;
  const over = Date.parse(row.expires_at) <= Date.now();
  return over ? (
    <StateLabel state="expired" tone="bad" />
  ) : (
    <StateLabel state={`until ${dateTime(row.expires_at)}`} tone="good" />
  );
}
