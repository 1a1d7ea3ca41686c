// A question before something goes that does not come back.
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { Failure } from "./Failure";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** What the button says: `Delete the project`. */
  verb: string;
  /** What has to be typed, where much would be lost. */
  word?: string;
  /** What to say when it did not work. */
  failure?: string;
  run: () => Promise<unknown>;
}

export function Confirm({ opened, onClose, title, ...rest }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <Question {...rest} onClose={onClose} />
    </Modal>
  );
}

function Question({
  children,
  verb,
  word,
  failure = "Nothing was deleted",
  run,
  onClose,
}: Omit<Props, "opened" | "title">) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setBusy(true);
    run().then(onClose, (error) => {
      setError(error);
      setBusy(false);
    });
  };
  return (
    <form onSubmit={send}>
      <Stack gap="sm">
        {error !== null && <Failure error={error} what={failure} />}
        <Text size="sm" component="div">
          {children}
        </Text>
        {word !== undefined && (
          <TextInput
            label={`Type ${word} to go on`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-autofocus
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            color="red.9"
            loading={busy}
            disabled={word !== undefined && typed !== word}
          >
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
