// A part of a page, with a title, in which a table or a form stands.
import { Box, Group, Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { WideTable } from "./WideTable";

interface Props {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  /** The content reaches the edges, and scrolls sideways where it must. */
  wide?: boolean;
  children: ReactNode;
}

export function Section({ title, about, actions, wide = false, children }: Props) {
  return (
    <Paper component="section" aria-label={title}>
      <Group justify="space-between" p="md" pb={wide ? "xs" : "sm"} align="flex-start">
        <Box maw="46rem">
          <Title order={2}>{title}</Title>
          {about !== undefined && (
            <Text size="sm" c="dimmed">
              {about}
            </Text>
          )}
        </Box>
        {actions}
      </Group>
      {wide ? (
        <WideTable name={`${title}: table`}>{children}</WideTable>
      ) : (
        <Box px="md" pb="md">
          {children}
        </Box>
      )}
    </Paper>
  );
}
