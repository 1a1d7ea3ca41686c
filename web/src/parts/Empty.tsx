// A place where nothing is yet: what belongs there, and what to do next.
import { Center, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

interface Props {
  icon: IconName;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

export function Empty({ icon, title, children, action }: Props) {
  return (
    <Paper p="xl">
      <Center>
        <Stack gap="xs" align="center" maw="28rem">
          <span className="quiet">
            <Icon name={icon} size={32} />
          </span>
          <Title order={2} ta="center">
            {title}
          </Title>
          <Text size="sm" c="dimmed" ta="center">
            {children}
          </Text>
          {action}
        </Stack>
      </Center>
    </Paper>
  );
}
