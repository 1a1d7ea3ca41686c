// Somebody else was faster: what was typed is still there, and both ways on are one click away.
import { Alert, Button, Group, Text } from "@mantine/core";
import { Icon } from "~/parts/Icon";
import type { Submission } from "./useSubmit";

interface Props {
  of: Submission;
  /** Reads the row again and forgets what was typed. */
  theirs: () => Promise<unknown>;
  /** Reads the row again, so that the next attempt writes over it; then sends what was typed. */
  mine: () => Promise<unknown>;
}

export function ConflictNotice({ of, theirs, mine }: Props) {
  if (of.problem?.isConflict !== true) return null;
  return (
    <Alert
      role="alert"
      variant="light"
      color="yellow"
      icon={<Icon name="warning" />}
      title="Somebody else has changed this in the meantime"
    >
      <Text size="sm">
        What you typed is not saved yet. Saving it now keeps their changes of other fields.
      </Text>
      <Group mt="xs" gap="xs">
        <Button size="xs" onClick={() => void mine().then(() => of.send())}>
          Save mine
        </Button>
        <Button size="xs" variant="default" onClick={() => void theirs().then(of.clear)}>
          Show theirs
        </Button>
      </Group>
    </Alert>
  );
}
