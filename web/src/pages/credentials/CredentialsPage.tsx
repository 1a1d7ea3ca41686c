// Accounts at providers, which connectors log in with.
import { Button, Modal, Text } from "@mantine/core";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { connectorsQuery } from "~/api/connectors";
import { type Credential, credentialsQuery, deleteCredential } from "~/api/credentials";
import { useProjectId } from "~/api/projects";
import { useMay } from "~/api/session";
import { doom, useAlive } from "~/parts/doomed";
import { Empty } from "~/parts/Empty";
import { ago } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { PageFrame } from "~/parts/PageFrame";
import type { Action } from "~/parts/RowMenu";
import { RowsTable } from "~/parts/RowsTable";
import { CredentialForm } from "./CredentialForm";

const NOBODY = (
  <Text size="sm" c="dimmed">
    no connector
  </Text>
);

export default function CredentialsPage() {
  const project = useProjectId();
  const queries = useQueryClient();
  const items = useAlive(useSuspenseQuery(credentialsQuery(project)).data.items);
  const connectors = useSuspenseQuery(connectorsQuery(project)).data.items;
  const mayEdit = useMay("editor");
  const [edited, edit] = useState<Credential | "new" | null>(null);
  const remove = (row: Credential) =>
    doom({
      id: row.id,
      name: `Credential ${row.name}`,
      send: () =>
        deleteCredential(row).finally(() =>
          queries.invalidateQueries({ queryKey: credentialsQuery(project).queryKey }),
        ),
    });
  const close = () => edit(null);
  const add = mayEdit && (
    <Button leftSection={<Icon name="add" size={16} />} onClick={() => edit("new")}>
      New credential
    </Button>
  );
  const usedBy = (id: string) =>
    connectors.filter(({ credential_id }) => credential_id === id).map(({ name }) => name);
  const actions = (row: Credential): Action[] => [
    { label: "Change", icon: "edit", run: () => edit(row) },
    { label: "Delete", icon: "delete", danger: true, run: () => remove(row) },
  ];
  return (
    <PageFrame
      title="Credentials"
      about="Accounts at providers. Proxies without a login of their own log in with their connector's."
      actions={items.length > 0 && add}
    >
      {items.length === 0 ? (
        <Empty icon="credentials" title="No credential yet" action={add}>
          Lists that bring a login for each proxy need none. Add one where a provider gives you a
          single account for all its exits.
        </Empty>
      ) : (
        <RowsTable
          name="Credentials"
          minWidth={560}
          rows={items}
          nameOf={({ name }) => name}
          columns={[
            { title: "Name", strong: true, cell: ({ name }) => name },
            { title: "Has", cell: (row) => row.field_names.join(", ") || "nothing" },
            { title: "Used by", cell: ({ id }) => usedBy(id).join(", ") || NOBODY },
            { title: "Created", cell: ({ created_at: at }) => (at ? ago(at) : "–") },
          ]}
          actions={(row) => (mayEdit ? actions(row) : [])}
        />
      )}
      <Modal
        opened={edited !== null}
        onClose={close}
        title={edited === "new" ? "New credential" : "Change the credential"}
      >
        {edited !== null && (
          <CredentialForm
            project={project}
            row={edited === "new" ? null : edited}
            onClose={close}
          />
        )}
      </Modal>
    </PageFrame>
  );
}
