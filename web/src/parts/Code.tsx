// Lines to be copied into a terminal or a file.
import { Box, Group, Text } from "@mantine/core";
import classes from "./Code.module.css";
import { CopyButton } from "./CopyButton";

export function Code({ name, text }: { name: string; text: string }) {
  return (
    <Box className={classes.frame} component="section" aria-label={name}>
      <Group justify="space-between" className={classes.head}>
        <Text size="xs" c="dimmed">
          {name}
        </Text>
        <CopyButton wide text={text} label="Copy" />
      </Group>
      <pre className={classes.lines} tabIndex={0}>
        <code>{text}</code>
      </pre>
    </Box>
  );
}
