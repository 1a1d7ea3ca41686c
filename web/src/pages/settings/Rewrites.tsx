// What is changed in requests and answers.
import { ActionIcon, Button, Group, NativeSelect, Select, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { ListInput } from "~/forms/ListInput";
import { Icon } from "~/parts/Icon";
import type { PartProps } from "./values";

const AGENTS = [
  { value: "keep", label: "What the client sent" },
  { value: "fixed", label: "Always the one below" },
  { value: "session", label: "One of those below for each session" },
  { value: "request", label: "One of those below for each request" },
];

export function Rewrites({ form }: PartProps) {
  const { mode } = form.values.rewrites.user_agent;
  return (
    <Stack gap="lg">
      <FieldChanges form={form} side="request" title="Fields of requests" />
      <FieldChanges form={form} side="response" title="Fields of answers" />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <Select label="User-Agent" data={AGENTS} {...form.getInputProps("rewrites.user_agent.mode")} />
        {mode !== "keep" && (
          <ListInput
            label="Values"
            description="One a line"
            {...form.getInputProps("rewrites.user_agent.values")}
          />
        )}
      </SimpleGrid>
      <Blocks form={form} />
    </Stack>
  );
}

interface ChangesProps extends PartProps {
  side: "request" | "response";
  title: string;
}

function FieldChanges({ form, side, title }: ChangesProps) {
  const path = `rewrites.${side}` as const;
  return (
    <Stack gap="xs">
      <Title order={3}>{title}</Title>
      {form.values.rewrites[side].map((change, at) => (
        <Group key={`${at}-${form.values.rewrites[side].length}`} gap="xs" align="flex-start">
          <NativeSelect
            aria-label="What is done"
            data={[
              { value: "set", label: "Set" },
              { value: "remove", label: "Remove" },
            ]}
            value={change.action}
            onChange={({ currentTarget: { value } }) => {
              const { name } = change;
              const next = value === "set" ? { action: "set", name, value: "" } : { action: "remove", name };
              form.setFieldValue(`${path}.${at}`, next as never);
            }}
          />
          <TextInput
            aria-label="Name of the field"
            placeholder="Name"
            {...form.getInputProps(`${path}.${at}.name`)}
          />
          {change.action === "set" && (
            <TextInput
              aria-label="Value of the field"
              placeholder="Value"
              style={{ flexGrow: 1 }}
              {...form.getInputProps(`${path}.${at}.value`)}
            />
          )}
          <ActionIcon
            variant="subtle"
            color="gray"
            size={34}
            aria-label="Remove this change"
            onClick={() => form.removeListItem(path, at)}
          >
            <Icon name="close" size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="add" size={14} />}
          onClick={() => form.insertListItem(path, { action: "set", name: "", value: "" })}
        >
          Add a change
        </Button>
      </Group>
    </Stack>
  );
}

function Blocks({ form }: PartProps) {
  const path = "rewrites.block";
  return (
    <Stack gap="xs">
      <Title order={3}>Blocked requests</Title>
      <Text size="sm" c="dimmed">
        They are answered 403 here and cost no traffic. Everything that is named in a row must match.
      </Text>
      {form.values.rewrites.block.map((_block, at) => (
        <Group key={`${at}-${form.values.rewrites.block.length}`} gap="xs" align="flex-start" wrap="nowrap">
          <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="xs" style={{ flexGrow: 1 }}>
            <ListInput label="Targets" placeholder="ads.example" {...form.getInputProps(`${path}.${at}.hosts`)} />
            <ListInput label="Paths" placeholder="*.mp4" {...form.getInputProps(`${path}.${at}.paths`)} />
            <ListInput
              label="Types of content"
              placeholder="image/*"
              {...form.getInputProps(`${path}.${at}.content_types`)}
            />
          </SimpleGrid>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={34}
            mt={22}
            aria-label="Remove this block"
            onClick={() => form.removeListItem(path, at)}
          >
            <Icon name="close" size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="add" size={14} />}
          onClick={() => form.insertListItem(path, { hosts: [], paths: [], content_types: [] })}
        >
          Add a block
        </Button>
      </Group>
    </Stack>
  );
}
