// What a project is called, and who may send traffic through it.
import { PasswordInput, Select, SimpleGrid, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { ListInput } from "~/forms/ListInput";
import type { PartProps } from "./values";

const DIALECTS = [
  { value: "native", label: "Octoprox" },
  { value: "brightdata", label: "Bright Data" },
  { value: "oxylabs", label: "Oxylabs" },
  { value: "decodo", label: "Decodo" },
  { value: "iproyal", label: "IPRoyal" },
  { value: "webshare", label: "Webshare" },
  { value: "netnut", label: "NetNut" },
  { value: "soax", label: "SOAX" },
  { value: "dataimpulse", label: "DataImpulse" },
];

export function General({ form }: PartProps) {
  return (
    <Stack gap="md">
      <Switch
        label="On"
        description="A project that is off answers 503 and dials nothing."
        {...form.getInputProps("enabled", { type: "checkbox" })}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <TextInput label="Name" required {...form.getInputProps("name")} />
        <Select
          label="Usernames are written as at"
          data={DIALECTS}
          {...form.getInputProps("dialect")}
        />
        <TextInput
          label="Login"
          description="The account in the proxy's address"
          required
          {...form.getInputProps("username")}
        />
        <PasswordInput
          label="New password"
          description="Clients that use the old one are turned away"
          placeholder="Unchanged"
          autoComplete="new-password"
          {...form.getInputProps("password")}
        />
      </SimpleGrid>
      <Textarea label="Description" autosize minRows={1} {...form.getInputProps("description")} />
      <ListInput
        label="Networks that need no password"
        description="One a line, up to 256"
        placeholder="203.0.113.0/24"
        {...form.getInputProps("source_cidrs")}
      />
      <Switch
        label="Answers tell which exit they came through"
        description="Octoprox-Exit and its kin"
        {...form.getInputProps("reveal_exit", { type: "checkbox" })}
      />
    </Stack>
  );
}
