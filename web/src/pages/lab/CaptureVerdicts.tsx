// The recorded answers, with what the rules say of each.
import { SegmentedControl, Table, Text } from "@mantine/core";
import { useState } from "react";
import type { CaptureVerdict } from "~/api/trials";
import { count } from "~/parts/format";
import { Section } from "~/parts/Section";
import { StateLabel } from "~/parts/StateLabel";
import { VerdictLabel } from "./VerdictLabel";

const MOST = 100;

/** Whether a rule says something about it, or could. */
function isNamed({ banned_by, counted_by, undecided }: CaptureVerdict): boolean {
  return banned_by != null || counted_by.length > 0 || undecided;
}

export function CaptureVerdicts({ rows }: { rows: CaptureVerdict[] }) {
  const [which, choose] = useState("named");
  const named = rows.filter(isNamed);
  const wanted = which === "named" ? named : rows;
  const choice = (
    <SegmentedControl
      size="xs"
      aria-label="Which answers"
      data={[
        { value: "named", label: `Matched (${count(named.length)})` },
        { value: "all", label: `All (${count(rows.length)})` },
      ]}
      value={which}
      onChange={choose}
    />
  );
  return (
    <Section title="Recorded answers" actions={choice} wide>
      {wanted.length === 0 && (
        <Text size="sm" c="dimmed" px="md" pb="md">
          No rule matches any of them: every one would be delivered.
        </Text>
      )}
      {wanted.length > 0 && (
        <Table miw={600}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="md" w={84}>
                Status
              </Table.Th>
              <Table.Th>URL</Table.Th>
              <Table.Th pr="md" w={240}>
                Verdict
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {wanted.slice(0, MOST).map((row) => (
              <Table.Tr key={`${row.node} ${row.id}`}>
                <Table.Td pl="md" className="numbers">
                  {row.status ?? <StateLabel state="none" tone="quiet" />}
                </Table.Td>
                <Table.Td className="mono" style={{ overflowWrap: "anywhere" }}>
                  {row.url}
                </Table.Td>
                <Table.Td pr="md">
                  <VerdictLabel of={row} />
                  {row.unknown.length > 0 && (
                    <Text size="xs" c="dimmed">
                      {missing(row)}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {wanted.length > MOST && (
        <Text size="sm" c="dimmed" p="md">
          The latest {count(MOST)} of {count(wanted.length)} are shown.
        </Text>
      )}
    </Section>
  );
}

/** What the record does not have, and which rule looks at it. */
function missing({ unknown }: CaptureVerdict): string {
  const parts = unknown.map(({ rule, part }) => `${part.replace("headers/", "")} (${rule})`);
  return `Not in the record: ${[...new Set(parts)].join(", ")}`;
}
