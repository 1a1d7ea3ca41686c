// A state in a word and a colour; the colour never stands alone.
import { Group, Text } from "@mantine/core";

export type Tone = "good" | "warn" | "bad" | "quiet";

const TONES: Record<string, Tone> = {
  healthy: "good",
  ready: "good",
  starting: "quiet",
  degraded: "warn",
  unhealthy: "bad",
  dead: "bad",
  quarantined: "warn",
  resting: "warn",
  unknown: "quiet",
  off: "quiet",
  disabled: "quiet",
  initializing: "quiet",
  draining: "warn",
  terminating: "warn",
};

export function toneOf(state: string): Tone {
  return TONES[state] ?? "quiet";
}

export function StateLabel({ state, tone = toneOf(state) }: { state: string; tone?: Tone }) {
  return (
    <Group gap={6} wrap="nowrap" display="inline-flex">
      <span
        style={{
          width: 8,
          height: 8,
          flex: "none",
          borderRadius: tone === "bad" ? 1 : "50%",
          background: tone === "quiet" ? "transparent" : `var(--${tone}-area)`,
          border: tone === "quiet" ? "1.5px solid var(--quiet)" : undefined,
        }}
      />
      <Text span size="sm" style={{ whiteSpace: "nowrap" }}>
        {state}
      </Text>
    </Group>
  );
}
