// What went wrong, and what to do about it.
import { Alert, Button, Group, List, Text } from "@mantine/core";
import { asProblem, fieldPath } from "~/api/problem";
import { Icon } from "./Icon";

interface Props {
  error: unknown;
  /** What was being done: `The project was not saved`. */
  what?: string;
  retry?: () => void;
  /** Mistakes that stand beside their fields already. */
  except?: string[];
}

export function Failure({ error, what, retry, except = [] }: Props) {
  const problem = asProblem(error);
  const rest = problem.mistakes.filter(({ pointer }) => !except.includes(fieldPath(pointer)));
  const seconds = problem.retryAfter;
  return (
    <Alert
      role="alert"
      variant="light"
      color="red"
      icon={<Icon name="warning" />}
      title={what ?? problem.title}
    >
      <Text size="sm">{problem.message}</Text>
      {rest.length > 0 && (
        <List size="sm" mt={4}>
          {rest.map(({ pointer, detail }) => (
            <List.Item key={pointer + detail}>
              <code>{fieldPath(pointer)}</code> {detail}
            </List.Item>
          ))}
        </List>
      )}
      {seconds !== null && <Text size="sm">Try again in {seconds} s.</Text>}
      {retry && (
        <Group mt="xs">
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}
