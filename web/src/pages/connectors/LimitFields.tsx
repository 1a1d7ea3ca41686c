// How much may go through one exit of a connector.
import { NumberInput, SimpleGrid, Stack, Switch } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { Values } from "./values";

export function LimitFields({ form }: { form: UseFormReturnType<Values> }) {
  return (
    <Stack gap="sm">
      <NumberInput
        label="Under way through one exit at a time"
        placeholder="As many as come"
        min={1}
        max={1_000_000}
        thousandSeparator=","
        {...form.getInputProps("max_in_flight")}
      />
      <Switch
        label="Limit the requests through one exit, on all nodes together"
        {...form.getInputProps("limited", { type: "checkbox" })}
      />
      {form.values.limited && (
        <>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <NumberInput
              label="Requests"
              min={1}
              thousandSeparator=","
              {...form.getInputProps("rate_limit.max_requests")}
            />
            <NumberInput
              label="In so many seconds"
              min={1}
              max={86_400}
              thousandSeparator=","
              {...form.getInputProps("rate_limit.window_seconds")}
            />
            <NumberInput
              label="Then it rests at least, seconds"
              placeholder="Until the window has moved on"
              min={1}
              max={86_400}
              {...form.getInputProps("rate_limit.quarantine_seconds_min")}
            />
            <NumberInput
              label="and at most, seconds"
              min={1}
              max={86_400}
              {...form.getInputProps("rate_limit.quarantine_seconds_max")}
            />
          </SimpleGrid>
          <Switch
            label="Sessions wait for their resting exit instead of moving to another"
            {...form.getInputProps("rate_limit.sticky_quarantine", { type: "checkbox" })}
          />
        </>
      )}
    </Stack>
  );
}
