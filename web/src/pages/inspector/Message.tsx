// A message as it was on the wire, as far as it was kept: its head, and the beginning of its content.
import { Box, Group, Stack, Table, Text, Title } from "@mantine/core";
import type { Content } from "~/api/captures";
import { Code } from "~/parts/Code";
import { bytes } from "~/parts/format";

interface Props {
  first: string;
  fields: { name: string; value: string }[];
  content: Content;
}

const REDACTED = "[redacted]";

export function Message({ first, fields, content }: Props) {
  const all = [first, content.text, ...fields.map(({ value }) => value)];
  return (
    <Stack gap="md">
      {all.some((text) => text.includes(REDACTED)) && (
        <Text size="sm" c="dimmed">
          Secrets stand here as <code>{REDACTED}</code>: they were taken out before it was kept.
        </Text>
      )}
      <Text className="mono" style={{ overflowWrap: "anywhere" }}>
        {first}
      </Text>
      {fields.length === 0 ? (
        <Text size="sm" c="dimmed">
          No fields.
        </Text>
      ) : (
        <Table layout="fixed" aria-label="Fields">
          <Table.Tbody>
            {fields.map(({ name, value }, at) => (
              <Table.Tr key={`${at} ${name}`}>
                <Table.Th w="34%" style={{ overflowWrap: "anywhere", verticalAlign: "top" }}>
                  {name}
                </Table.Th>
                <Table.Td className="mono" style={{ overflowWrap: "anywhere" }}>
                  {value}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Box>
        <Group justify="space-between" mb={4}>
          <Title order={3}>Content</Title>
          <Text size="sm" c="dimmed" className="numbers">
            {[content.media_type, bytes(content.size)].filter(Boolean).join(", ")}
          </Text>
        </Group>
        <Kept content={content} />
      </Box>
    </Stack>
  );
}

const WITHHELD: Record<string, string> = {
  coded: "It is compressed in a way that could not be opened, so that secrets in it could not be found.",
  multipart: "It has several parts (a form with files), in which secrets could not be found.",
  unreadable: "Its text is in an encoding in which secrets could not be found.",
};

function Kept({ content }: { content: Content }) {
  const { size, text, truncated, withheld, encoding } = content;
  const say = (words: string) => (
    <Text size="sm" c="dimmed">
      {words}
    </Text>
  );
  if (withheld != null) return say(`Nothing of it is kept. ${WITHHELD[withheld] ?? withheld}`);
  if (text === "") {
    return say(
      size === 0
        ? "There was none."
        : "Nothing of it is kept: the settings of the project say how many bytes are (Settings, Inspection).",
    );
  }
  const name = encoding === "base64" ? "No text: shown as base64" : "As text";
  return (
    <Stack gap={6}>
      <Code name={truncated ? `${name}, its beginning` : name} text={text} />
      {truncated && say("There was more: only the beginning was kept.")}
    </Stack>
  );
}
