// Something secret that is shown once: to be copied now.
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { CopyButton } from "./CopyButton";

interface Props {
  /** What it is: `Invitation link`. */
  name: string;
  value: string;
  /** What the button says: `Copy the link`. */
  copy: string;
  children: ReactNode;
  onClose: () => void;
}

export function ShownOnce({ name, value, copy, children, onClose }: Props) {
  return (
    <Stack gap="sm">
      <Text size="sm">{children}</Text>
      <TextInput
        aria-label={name}
        readOnly
        value={value}
        className="mono"
        onFocus={(event) => event.currentTarget.select()}
      />
      <Group justify="flex-end">
        <CopyButton wide text={value} label={copy} />
        <Button size="xs" onClick={onClose}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
