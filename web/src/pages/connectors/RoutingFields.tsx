// Which requests a connector gets, and how its exits are dialled.
import { NumberInput, Select, SimpleGrid, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { ListInput } from "~/forms/ListInput";
import type { Values } from "./values";

const RESOLVE = [
  { value: "exit", label: "The exit" },
  { value: "node", label: "The node" },
];

export function RoutingFields({ form }: { form: UseFormReturnType<Values> }) {
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        <NumberInput
          label="Weight"
          description="Its share within the tier"
          min={1}
          max={100}
          {...form.getInputProps("weight")}
        />
        <NumberInput
          label="Tier"
          description="0 is asked first"
          min={0}
          max={255}
          {...form.getInputProps("priority")}
        />
        <Select
          label="Names are resolved by"
          description="Targets' addresses"
          data={RESOLVE}
          {...form.getInputProps("resolve")}
        />
      </SimpleGrid>
      <TagsInput
        label="Countries"
        description="Where its proxies of unknown country count as being: two letters each"
        {...form.getInputProps("countries")}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <ListInput
          label="Only for these targets"
          description="One a line; empty: all"
          placeholder="example.com"
          {...form.getInputProps("domain_allow")}
        />
        <ListInput
          label="Not for these targets"
          description="One a line"
          placeholder="*.example.org"
          {...form.getInputProps("domain_deny")}
        />
      </SimpleGrid>
      <TextInput
        label="Address that probes ask for"
        description="Instead of the project's"
        placeholder="The project's"
        {...form.getInputProps("health_check_url")}
      />
      {form.values.kind === "direct" ? (
        <TextInput
          label="Local address to dial from"
          placeholder="Any"
          {...form.getInputProps("source_address")}
        />
      ) : (
        <Textarea
          label="Certificates that https exits may present (PEM)"
          placeholder="Publicly trusted ones alone"
          autosize
          minRows={2}
          maxRows={6}
          classNames={{ input: "mono" }}
          {...form.getInputProps("ca_pem")}
        />
      )}
    </Stack>
  );
}
