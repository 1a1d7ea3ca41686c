// One entry of the audit log: every field as it was before, and as it is now.
import { Drawer, Stack, Table, Text, Title } from "@mantine/core";
import type { AuditEntry } from "~/api/audit";
import { Facts } from "~/parts/Facts";
import { clockTime, dateTime } from "~/parts/format";
import { WideTable } from "~/parts/WideTable";
import { actorOf, deed } from "./AuditPage";

interface Props {
  entry: AuditEntry | null;
  onClose: () => void;
}

export function AuditDrawer({ entry, onClose }: Props) {
  return (
    <Drawer
      opened={entry !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title={entry === null ? "" : deed(entry)}
    >
      {entry !== null && <Detail of={entry} />}
    </Drawer>
  );
}

/** A value of a field in one line. */
export function valueText(value: unknown, isSecret: boolean): string {
  if (isSecret) return "secret";
  if (value === null || value === undefined) return "nothing";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Detail({ of }: { of: AuditEntry }) {
  const mono = (text: string | null) => <span className="mono">{text ?? "–"}</span>;
  return (
    <Stack gap="md">
      <Facts
        of={[
          ["When", `${dateTime(of.at).slice(0, 10)} ${clockTime(of.at)}`],
          ["Who", actorOf(of)],
          ["From", mono(of.address)],
          ["Revision", of.revision ?? "–"],
          ["Identifier", mono(of.entity_id)],
          ["Request id", mono(of.request_id)],
        ]}
      />
      <Title order={3}>Changes</Title>
      {of.changes.length === 0 ? (
        <Text size="sm" c="dimmed">
          No field was changed.
        </Text>
      ) : (
        <WideTable name="Changes">
          <Table miw={460} layout="fixed">
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={150}>Field</Table.Th>
                <Table.Th>Before</Table.Th>
                <Table.Th>After</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {of.changes.map(({ field, before, after, is_secret }) => (
                <Table.Tr key={field} style={{ overflowWrap: "anywhere", verticalAlign: "top" }}>
                  <Table.Td className="mono">{field}</Table.Td>
                  <Table.Td c="dimmed">{valueText(before, is_secret)}</Table.Td>
                  <Table.Td>{valueText(after, is_secret)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </WideTable>
      )}
    </Stack>
  );
}
