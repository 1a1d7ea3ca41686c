// Whether what comes in is shown as it happens, and the switch for that.
import { Group, Switch, Text } from "@mantine/core";
import { count } from "./format";
import type { Live } from "./useLive";

const STATES: Record<Live<unknown>["state"], string> = {
  // The head of the stream comes with its first event, so that a quiet one is not told apart.
  connecting: "Waiting for the next one…",
  live: "Live",
  away: "Not live: trying again",
  paused: "Paused",
};

interface Props {
  /** What is below, in words. */
  told: string;
  live: Live<unknown>;
  following: boolean;
  follow: (on: boolean) => void;
}

export function LiveState({ told, live, following, follow }: Props) {
  return (
    <Group justify="space-between" gap="xs" mih={34}>
      <Text size="sm" c="dimmed" className="numbers">
        {told}
        {live.missed > 0 && `, ${count(live.missed)} more went by too fast to be shown`}
      </Text>
      <Group gap="sm">
        <Text size="sm" c="dimmed" role="status">
          {STATES[live.state]}
        </Text>
        <Switch
          label="Follow"
          checked={following}
          onChange={(event) => follow(event.currentTarget.checked)}
        />
      </Group>
    </Group>
  );
}

/** `1,000 exchanges and older ones` */
export function toldOf(rows: number, more: boolean): string {
  return `${count(rows)} ${rows === 1 ? "exchange" : "exchanges"}${more ? " and older ones" : ""}`;
}
