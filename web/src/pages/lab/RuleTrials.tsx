// Each rule: how many answers it would have banned, and which share of the pool.
import { Badge, Group, Table, Text } from "@mantine/core";
import type { RuleTrial } from "~/api/trials";
import { count, percent } from "~/parts/format";
import { Section } from "~/parts/Section";

interface Props {
  trials: RuleTrial[];
  rules: { name: string; max_share: number; dry_run: boolean }[];
  /** So many records were tried. */
  of: number;
}

export function RuleTrials({ trials, rules, of }: Props) {
  const known = new Map(rules.map((rule) => [rule.name, rule]));
  return (
    <Section
      title="What each rule would have done"
      about={`In ${count(of)} recorded ${of === 1 ? "exchange" : "exchanges"}. Rules that are off are left out.`}
      wide
    >
      <Table miw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th pl="md">Rule</Table.Th>
            <Table.Th ta="right">Answers</Table.Th>
            <Table.Th ta="right">Not known</Table.Th>
            <Table.Th ta="right">Exits</Table.Th>
            <Table.Th ta="right">Of the pool</Table.Th>
            <Table.Th ta="right" pr="md">
              Of one host, at most
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="numbers">
          {trials.map((trial) => {
            const rule = known.get(trial.name);
            return (
              <Table.Tr key={trial.name}>
                <Table.Td pl="md">
                  <Group gap={6}>
                    <span className="mono">{trial.name}</span>
                    {rule?.dry_run && <Badge variant="default">only counts</Badge>}
                  </Group>
                </Table.Td>
                <Table.Td ta="right">{count(trial.banned)}</Table.Td>
                <Table.Td ta="right">{count(trial.unknown)}</Table.Td>
                <Table.Td ta="right">{count(trial.exits.length)}</Table.Td>
                <Table.Td ta="right">{percent(trial.share_percent / 100)}</Table.Td>
                <Table.Td ta="right" pr="md">
                  {percent(trial.host_share_percent / 100)}
                  {trial.is_capped && (
                    <Text size="xs" c="var(--warn)">
                      more than its {rule?.max_share ?? ""} %: some would stay
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
