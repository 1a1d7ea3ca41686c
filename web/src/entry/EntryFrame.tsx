// The frame of the pages for people who are not logged in.
import { Center, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

interface Props {
  title: string;
  about: ReactNode;
  children: ReactNode;
}

export function EntryFrame({ title, about, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Octoprox`;
  }, [title]);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w="100%" maw={400} gap="md">
        <Group gap={10} justify="center">
          <img src="/icon.svg" width={32} height={32} alt="" />
          <Text size="xl" fw={650}>
            Octoprox
          </Text>
        </Group>
        <Paper p="lg" shadow="xs">
          <Title order={1}>{title}</Title>
          <Text size="sm" c="dimmed" mt={4} mb="md">
            {about}
          </Text>
          {children}
        </Paper>
      </Stack>
    </Center>
  );
}
