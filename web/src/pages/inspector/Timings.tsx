// How long an exchange took to get where, each counted from its start.
import { Stack, Text, Title } from "@mantine/core";
import type { Capture } from "~/api/captures";
import { milliseconds } from "~/parts/format";
import classes from "./Timings.module.css";

const STEPS = [
  ["exit", "An exit was ready"],
  ["tls", "TLS with the target"],
  ["first_byte", "Head of the answer"],
  ["total", "End"],
] as const;

export function Timings({ of }: { of: Capture["timings_ms"] }) {
  const steps = STEPS.flatMap(([name, label]) => {
    const value = of[name];
    return value == null ? [] : [{ label, value }];
  });
  const longest = Math.max(1e-9, ...steps.map(({ value }) => value));
  return (
    <Stack gap={6}>
      <Title order={3}>Times from the start</Title>
      {steps.length === 0 && (
        <Text size="sm" c="dimmed">
          None are known.
        </Text>
      )}
      {steps.map(({ label, value }) => (
        <div key={label} className={classes.step}>
          <span>{label}</span>
          <span className={classes.track}>
            <span className={classes.bar} style={{ width: `${(value / longest) * 100}%` }} />
          </span>
          <span className="numbers">{milliseconds(value)}</span>
        </div>
      ))}
    </Stack>
  );
}
