// What became of a list: how many came in, and for each line that did not, why.
import { Alert, Button, Group, Paper, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import type { Uploaded } from "~/api/proxies";
import { CopyButton } from "~/parts/CopyButton";
import { Figure } from "~/parts/Figure";
import { count } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { WideTable } from "~/parts/WideTable";

const SHOWN = 500;

interface Props {
  uploaded: Uploaded;
  lines: string[];
  onClose: () => void;
  again: () => void;
}

/** Reasons by how many lines have them, the most frequent first. */
export function reasons(errors: Uploaded["errors"]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { reason } of errors) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

export function UploadReport({ uploaded, lines, onClose, again }: Props) {
  const { created, duplicates, refused, errors } = uploaded;
  return (
    <Stack gap="md">
      <SimpleGrid cols={3} spacing="xs">
        <Figure name="Added" value={count(created)} tone={created > 0 ? "good" : undefined} />
        <Figure name="Already there" value={count(duplicates)} />
        <Figure name="Refused" value={count(refused)} tone={refused > 0 ? "bad" : undefined} />
      </SimpleGrid>
      {refused === 0 ? (
        <Alert color="sea" variant="light" icon={<Icon name="check" />}>
          Every line could be read.
        </Alert>
      ) : (
        <Refusals errors={errors} refused={refused} lines={lines} />
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={again}>
          Upload another
        </Button>
        <Button onClick={onClose}>Show the proxies</Button>
      </Group>
    </Stack>
  );
}

function Refusals({ errors, refused, lines }: Pick<Props, "lines"> & Pick<Uploaded, "errors" | "refused">) {
  const text = errors.map(({ line, reason }) => `${line}\t${reason}\t${lines[line - 1] ?? ""}`);
  return (
    <Paper component="section" aria-label="Refused lines">
      <Group justify="space-between" p="sm" align="flex-start" wrap="nowrap">
        <div>
          <Text fw={600}>
            {count(refused)} {refused === 1 ? "line was" : "lines were"} refused; the others are in.
          </Text>
          {reasons(errors).map(([reason, n]) => (
            <Text key={reason} size="sm" c="dimmed">
              {count(n)} × {reason}
            </Text>
          ))}
        </div>
        <CopyButton wide text={text.join("\n")} label="Copy them" />
      </Group>
      <WideTable name="Lines and why" most="46vh">
        <Table stickyHeader className="numbers">
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right" w={70}>
                Line
              </Table.Th>
              <Table.Th>Why</Table.Th>
              <Table.Th>What it says</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {errors.slice(0, SHOWN).map(({ line, reason }) => (
              <Table.Tr key={line}>
                <Table.Td ta="right">{line}</Table.Td>
                <Table.Td>{reason}</Table.Td>
                <Table.Td className="mono" style={{ overflowWrap: "anywhere" }}>
                  {lines[line - 1]?.slice(0, 80)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
      {errors.length > SHOWN && (
        <Text size="xs" c="dimmed" p="xs">
          The first {count(SHOWN)}; copy them to see the others.
        </Text>
      )}
    </Paper>
  );
}
