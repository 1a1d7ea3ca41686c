// What every page has: a title that the browser shows, too, and room for what can be done there.
import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

interface Props {
  title: string;
  /** One sentence that says what the page is for. */
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function PageFrame({ title, about, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Octoprox`;
  }, [title]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Box maw="46rem">
          <Title order={1}>{title}</Title>
          {about !== undefined && (
            <Text size="sm" c="dimmed" mt={2}>
              {about}
            </Text>
          )}
        </Box>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
