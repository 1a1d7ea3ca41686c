// Short messages in the corner: what was done, and what went wrong where no form shows it.
import { Anchor, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { asProblem } from "~/api/problem";
import { Icon } from "./Icon";

export function done(message: string): void {
  notifications.show({ message, color: "sea", icon: <Icon name="check" size={16} /> });
}

/**
 * Says what was done and offers to take it back; `gone` is called when nobody did.
 * What it returns closes it.
 */
export function undoable(message: string, undo: () => void, gone: () => void): () => void {
  let taken = false;
  const id = notifications.show({
    autoClose: 8_000,
    color: "sea",
    // Not within the list of notices, which is being changed.
    onClose: () => queueMicrotask(() => taken || gone()),
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        <Anchor
          component="button"
          size="sm"
          fw={600}
          onClick={() => {
            taken = true;
            notifications.hide(id);
            undo();
          }}
        >
          Undo
        </Anchor>
      </Group>
    ),
  });
  return () => void notifications.hide(id);
}

export function failed(what: string, error: unknown): void {
  const { message } = asProblem(error);
  notifications.show({
    title: what,
    message,
    color: "red",
    autoClose: 10_000,
    icon: <Icon name="warning" size={16} />,
  });
}
