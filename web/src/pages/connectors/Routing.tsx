// A preview: which share of requests each connector gets, as the settings stand.
import { Group, Stack, Text } from "@mantine/core";
import { percent } from "~/parts/format";
import { Section } from "~/parts/Section";
import classes from "./Routing.module.css";
import { type Tier, tiers, type Weighed } from "./weights";

export function Routing({ connectors }: { connectors: Weighed[] }) {
  const found = tiers(connectors);
  if (found.length === 0) return null;
  return (
    <Section
      title="How requests are shared"
      about="A later tier is asked only when no earlier one has an exit to offer."
    >
      <Stack gap="sm">
        {found.map((tier, at) => (
          <TierBar key={tier.priority} tier={tier} first={at === 0} />
        ))}
      </Stack>
    </Section>
  );
}

function TierBar({ tier, first }: { tier: Tier; first: boolean }) {
  return (
    <div>
      <Text size="xs" c="dimmed" mb={4}>
        Tier {tier.priority}
        {first ? "" : ", when those before have nothing"}
      </Text>
      <div className={classes.bar} aria-hidden="true">
        {tier.shares.map(({ id, share }, at) => (
          <span
            key={id}
            className={classes.part}
            style={{ flexGrow: share, opacity: 1 - (at % 4) * 0.2 }}
          />
        ))}
      </div>
      <Group gap="md" mt={4}>
        {tier.shares.map(({ id, name, share }) => (
          <Text key={id} size="sm" className="numbers">
            {name} <strong>{percent(share)}</strong>
          </Text>
        ))}
      </Group>
    </div>
  );
}
