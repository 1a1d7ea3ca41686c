// One ban rule: how a ban looks, and what is done about it.
import { Button, Group, NumberInput, SimpleGrid, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { ListInput } from "~/forms/ListInput";
import type { SettingsForm } from "./values";

interface Props {
  form: SettingsForm;
  at: number;
}

export function BanRule({ form, at }: Props) {
  const field = (name: string) => form.getInputProps(`bans.${at}.${name}`);
  const optional = (name: string) => ({ ...field(name), value: field(name).value ?? "" });
  const on = (name: string) => form.getInputProps(`bans.${at}.${name}`, { type: "checkbox" });
  // An empty text is no sign: the node wants it absent.
  const sign = (name: "redirect" | "body") => ({
    ...optional(`signs.${name}`),
    onChange: (event: { currentTarget: { value: string } }) =>
      form.setFieldValue(`bans.${at}.signs.${name}`, event.currentTarget.value || null),
  });
  const header = form.values.bans[at]?.signs.header ?? null;
  const setHeader = (name: string, value: string) =>
    form.setFieldValue(`bans.${at}.signs.header`, name === "" ? null : { name, value });
  return (
    <Stack gap="sm">
      <Group gap="lg">
        <Switch label="On" {...on("enabled")} />
        <Switch label="Only count: deliver answers as if there were no rule" {...on("dry_run")} />
      </Group>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput label="Name" description="Counters are named after it" {...field("name")} />
        <NumberInput
          label="Of the pool at most"
          description="The share that it may keep from one target"
          min={1}
          max={100}
          suffix=" %"
          {...field("max_share")}
        />
        <TagsInput
          label="Statuses"
          description="403, or 500-599"
          {...field("signs.status")}
        />
        <TextInput
          label="Content matches"
          description="A regular expression"
          className="mono"
          {...sign("body")}
        />
        <TextInput
          label="Field of the answer"
          description="Its name"
          value={header?.name ?? ""}
          error={field("signs.header.name").error}
          onChange={(event) => setHeader(event.currentTarget.value, header?.value ?? "")}
        />
        <TextInput
          label="Value of that field matches"
          description="Empty: it is there"
          className="mono"
          disabled={header === null}
          value={header?.value ?? ""}
          error={field("signs.header.value").error}
          onChange={(event) => setHeader(header?.name ?? "", event.currentTarget.value)}
        />
        <TextInput
          label="Redirect leads to"
          description="A regular expression"
          className="mono"
          {...sign("redirect")}
        />
        <TextInput
          label="Tag in the record"
          description="To find such exchanges by"
          {...optional("actions.tag")}
        />
        <NumberInput
          label="Keep the exit from the target"
          placeholder="Not at all"
          min={1}
          max={86_400}
          suffix=" s"
          {...optional("actions.mark_seconds")}
        />
        <NumberInput
          label="Let the exit rest altogether"
          placeholder="Not at all"
          min={1}
          max={86_400}
          suffix=" s"
          {...optional("actions.quarantine_seconds")}
        />
      </SimpleGrid>
      <ListInput
        label="Only for these targets"
        description="One a line; empty: all"
        {...field("domains")}
      />
      <Switch label="Try the request through another exit" {...on("actions.retry")} />
      <Switch
        label="Also requests that may change something (POST, PATCH)"
        {...on("actions.replay_unsafe")}
      />
      <Switch label="Bind the session to another exit" {...on("actions.rotate_session")} />
      <Group justify="flex-end">
        <Button variant="default" size="xs" onClick={() => form.removeListItem("bans", at)}>
          Remove the rule
        </Button>
      </Group>
    </Stack>
  );
}
