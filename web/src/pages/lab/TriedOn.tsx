// What the rules are tried on: the latest records, and answers that somebody pastes.
import { Button, Group, NativeSelect, SimpleGrid, Stack, Text, Textarea, TextInput } from "@mantine/core";
import type { Verdicts } from "~/api/trials";
import { Icon } from "~/parts/Icon";
import { type Pasted, parseAnswer } from "./pasted";
import { VerdictLabel } from "./VerdictLabel";

export interface Sources {
  /** So many of the latest records; 0: none. */
  latest: number;
  host: string;
  pasted: Pasted[];
}

interface Props {
  value: Sources;
  onChange: (value: Sources) => void;
  /** Of the pasted ones, in their order. */
  verdicts?: Verdicts["answers"];
}

const EXAMPLE = `HTTP/1.1 403 Forbidden
Content-Type: text/html

<title>Access denied</title>`;

export function TriedOn({ value, onChange, verdicts = [] }: Props) {
  const { latest, host, pasted } = value;
  const put = (at: number, next: Pasted) =>
    onChange({ ...value, pasted: pasted.map((one, index) => (index === at ? next : one)) });
  const remove = (at: number) =>
    onChange({ ...value, pasted: pasted.filter((_, index) => index !== at) });
  const add = () => onChange({ ...value, pasted: [...pasted, { host: host || "example.com", text: "" }] });
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <NativeSelect
          label="Recorded exchanges"
          description="Of every node, the latest"
          data={[
            { value: "0", label: "None" },
            ...[50, 200, 500].map((many) => ({ value: String(many), label: `The latest ${many}` })),
          ]}
          value={String(latest)}
          onChange={(event) => onChange({ ...value, latest: Number(event.currentTarget.value) })}
        />
        <TextInput
          label="Only of the host"
          description="A part of its name, or *.example.com"
          placeholder="Every host"
          disabled={latest === 0}
          value={host}
          onChange={(event) => onChange({ ...value, host: event.currentTarget.value })}
        />
      </SimpleGrid>
      {pasted.map((one, at) => (
        <PastedAnswer
          key={at}
          number={at + 1}
          value={one}
          verdict={verdicts[at]}
          onChange={(next) => put(at, next)}
          remove={() => remove(at)}
        />
      ))}
      <Group>
        <Button variant="default" leftSection={<Icon name="add" size={16} />} onClick={add}>
          Paste an answer
        </Button>
      </Group>
    </Stack>
  );
}

interface PastedProps {
  number: number;
  value: Pasted;
  verdict: Verdicts["answers"][number] | undefined;
  onChange: (value: Pasted) => void;
  remove: () => void;
}

function PastedAnswer({ number, value, verdict, onChange, remove }: PastedProps) {
  const wrong = value.text.trim() !== "" && parseAnswer(value) === null;
  return (
    <Stack gap="xs" role="group" aria-label={`Pasted answer ${number}`}>
      <Group justify="space-between" align="flex-end" gap="xs">
        <TextInput
          label={`Answer ${number} is of the host`}
          value={value.host}
          onChange={(event) => onChange({ ...value, host: event.currentTarget.value })}
        />
        <Group gap="sm">
          {verdict !== undefined && <VerdictLabel of={verdict} />}
          <Button variant="default" size="xs" onClick={remove}>
            Remove
          </Button>
        </Group>
      </Group>
      <Textarea
        aria-label={`Answer ${number}`}
        placeholder={EXAMPLE}
        autosize
        minRows={4}
        maxRows={14}
        classNames={{ input: "mono" }}
        spellCheck={false}
        error={wrong ? "Must begin with a status: HTTP/1.1 403 Forbidden, or 403; and it needs a host" : null}
        value={value.text}
        onChange={(event) => onChange({ ...value, text: event.currentTarget.value })}
      />
      <Text size="xs" c="dimmed">
        Status line, fields, an empty line, the content as text (curl -i prints it so).
      </Text>
    </Stack>
  );
}
