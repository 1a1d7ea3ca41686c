// Accounts at providers, which connectors log in with.
import { Button, Modal, Paper, Table, Text } from "@mantine/core";
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
import { ActionsHead, RowMenu } from "~/parts/RowMenu";
import { WideTable } from "~/parts/WideTable";
import { CredentialForm } from "./CredentialForm";

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
        <Paper>
          <WideTable name="Credentials">
            <Table miw={560}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th pl="md">Name</Table.Th>
                  <Table.Th>Has</Table.Th>
                  <Table.Th>Used by</Table.Th>
                  <Table.Th>Created</Table.Th>
                  <ActionsHead />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((row) => (
                  <Table.Tr key={row.id}>
                    <Table.Td pl="md" fw={600}>
                      {row.name}
                    </Table.Td>
                    <Table.Td>{row.field_names.join(", ") || "nothing"}</Table.Td>
                    <Table.Td>
                      {usedBy(row.id).join(", ") || (
                        <Text size="sm" c="dimmed">
                          no connector
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td>{row.created_at ? ago(row.created_at) : "–"}</Table.Td>
                    <Table.Td>
                      {mayEdit && (
                        <RowMenu
                          of={row.name}
                          actions={[
                            { label: "Change", icon: "edit", run: () => edit(row) },
                            { label: "Delete", icon: "delete", danger: true, run: () => remove(row) },
                          ]}
                        />
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </WideTable>
        </Paper>
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
