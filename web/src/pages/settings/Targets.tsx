// What clients may ask for.
import { SimpleGrid, Stack, TagsInput } from "@mantine/core";
import { ListInput } from "~/forms/ListInput";
import type { PartProps } from "./values";

export function Targets({ form }: PartProps) {
  const ports = form.values.connect_ports.map(String);
  const setPorts = (texts: string[]) => {
    const numbers = texts.map(Number).filter((port) => Number.isInteger(port) && port > 0);
    form.setFieldValue("connect_ports", numbers);
  };
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <ListInput
          label="Only these targets"
          description="example.com and what is below it, *.example.com what is below, =example.com the name alone; empty: all"
          placeholder="example.com"
          {...form.getInputProps("domain_allow")}
        />
        <ListInput
          label="Not these targets"
          description="Written in the same way; they win over what is allowed, one a line"
          placeholder="*.example.org"
          {...form.getInputProps("domain_deny")}
        />
      </SimpleGrid>
      <TagsInput
        label="Ports that tunnels may lead to"
        description="Empty: all"
        value={ports}
        onChange={setPorts}
        error={form.errors.connect_ports}
      />
      <ListInput
        label="Non-public addresses that clients may ask for"
        description="Others in private networks are refused, whatever the exit; one a line"
        placeholder="10.0.0.0/8"
        {...form.getInputProps("allow_targets")}
      />
    </Stack>
  );
}
