// Every root, in the order in which they sign.
import { Table, Tooltip } from "@mantine/core";
import type { Root } from "~/api/certificates";
import { CopyButton } from "~/parts/CopyButton";
import { ago, dateTime } from "~/parts/format";
import { ActionsHead, RowMenu } from "~/parts/RowMenu";
import { Section } from "~/parts/Section";
import { StateLabel } from "~/parts/StateLabel";

/** What a root does now. */
export function standing(root: Root, now: number): string {
  if (root.signs_now) return "signs now";
  return Date.parse(root.signs_from) > now ? `signs ${ago(root.signs_from, now)}` : "trusted still";
}

interface Props {
  roots: Root[];
  onDelete?: (root: Root) => void;
}

export function Roots({ roots, onDelete }: Props) {
  const now = Date.now();
  return (
    <Section title="Roots" wide>
      <Table className="numbers" miw={760}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th pl="md">Subject</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Fingerprint (SHA-256)</Table.Th>
            <Table.Th>Good until</Table.Th>
            <ActionsHead />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {roots.map((root) => (
            <Table.Tr key={root.fingerprint}>
              <Table.Td pl="md">{root.subject}</Table.Td>
              <Table.Td>
                <StateLabel state={standing(root, now)} tone={root.signs_now ? "good" : "quiet"} />
              </Table.Td>
              <Table.Td className="mono">
                <Tooltip label={root.fingerprint} multiline maw={320} style={{ overflowWrap: "anywhere" }}>
                  <span>{root.fingerprint.slice(0, 16)}…</span>
                </Tooltip>
                <CopyButton text={root.fingerprint} label="Copy the fingerprint" />
              </Table.Td>
              <Table.Td>{dateTime(root.not_after)}</Table.Td>
              <Table.Td>
                {onDelete && !root.signs_now && (
                  <RowMenu
                    of={root.subject}
                    actions={[
                      { label: "Delete", icon: "delete", danger: true, run: () => onDelete(root) },
                    ]}
                  />
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
