// How exits are probed between requests.
import { NumberInput, SimpleGrid, Stack, TextInput } from "@mantine/core";
import type { PartProps } from "./values";

export function Health({ form }: PartProps) {
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <NumberInput
          label="Between two probes of one exit"
          min={1}
          max={86_400}
          suffix=" s"
          {...form.getInputProps("health_check_interval_seconds")}
        />
        <NumberInput
          label="A probe has to be done within"
          min={1}
          max={300}
          suffix=" s"
          {...form.getInputProps("health_check_timeout_seconds")}
        />
      </SimpleGrid>
      <TextInput
        label="Address that probes ask for"
        description="Empty: only whether the exit takes us"
        placeholder="https://example.com/"
        {...form.getInputProps("health_check_url")}
      />
    </Stack>
  );
}
