// One number that matters, with its name and what it is of.
import { Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  name: string;
  value: ReactNode;
  hint?: ReactNode;
  tone?: "good" | "warn" | "bad";
}

export function Figure({ name, value, hint, tone }: Props) {
  return (
    <Paper p="sm" component="section" aria-label={name}>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text className="numbers" fz={22} fw={600} lh={1.3} c={tone && `var(--${tone})`}>
        {value}
      </Text>
      <Text size="xs" c="dimmed" mih="1.2em">
        {hint}
      </Text>
    </Paper>
  );
}
