// How targets say that they do not want an exit, and what is done about it.
import { Accordion, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { Empty } from "~/parts/Empty";
import { Icon } from "~/parts/Icon";
import { BanRule } from "./BanRule";
import type { Ban, PartProps } from "./values";

const FRESH: Ban = {
  name: "",
  enabled: true,
  domains: [],
  signs: { status: ["403", "429"], header: null, redirect: null, size: null, body: null },
  actions: {
    retry: true,
    mark_seconds: 600,
    quarantine_seconds: null,
    rotate_session: false,
    tag: null,
    replay_unsafe: false,
  },
  dry_run: true,
  max_share: 33,
} as Ban;

/** A name that no rule has yet. */
function freshName(rules: Ban[]): string {
  let at = rules.length + 1;
  while (rules.some(({ name }) => name === `rule-${at}`)) at += 1;
  return `rule-${at}`;
}

export function Bans({ form }: PartProps) {
  const rules = form.values.bans;
  const add = () => form.insertListItem("bans", { ...structuredClone(FRESH), name: freshName(rules) });
  const button = (
    <Button variant="default" leftSection={<Icon name="add" size={16} />} onClick={add}>
      Add a rule
    </Button>
  );
  if (rules.length === 0) {
    return (
      <Empty icon="rules" title="No ban rule" action={button}>
        A rule recognises an answer that means “not you”, keeps the exit from that target for a
        while, and tries the request through another exit.
      </Empty>
    );
  }
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        The first rule that matches an answer counts.
      </Text>
      <Accordion variant="separated" order={3}>
        {rules.map((rule, at) => (
          <Accordion.Item key={`${at}-${rules.length}`} value={String(at)}>
            <Accordion.Control>
              <Group gap="xs">
                <span className="mono">{rule.name || "(no name)"}</span>
                {!rule.enabled && <Badge variant="default">off</Badge>}
                {rule.dry_run && <Badge variant="default">only counts</Badge>}
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <BanRule form={form} at={at} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      <Group>{button}</Group>
    </Stack>
  );
}
