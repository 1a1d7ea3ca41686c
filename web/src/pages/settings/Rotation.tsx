// Which exit a request gets, how long it keeps it, and how hard it is tried.
import { NumberInput, Select, SimpleGrid, Stack, Switch, TextInput } from "@mantine/core";
import type { PartProps } from "./values";

const STRATEGIES = [
  { value: "round_robin", label: "In turns, by weight" },
  { value: "least_used", label: "Fewest under way" },
  { value: "random", label: "By chance" },
  { value: "sticky", label: "Sticky: the same for a session" },
  { value: "health_based", label: "The healthiest" },
];
const LOST = [
  { value: "any", label: "It moves to any other" },
  { value: "country", label: "It moves within the country" },
  { value: "fail", label: "It fails" },
];
const SECONDS = { min: 1, thousandSeparator: ",", suffix: " s" };

export function Rotation({ form }: PartProps) {
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <Select
          label="Exits are chosen"
          data={STRATEGIES}
          {...form.getInputProps("strategy")}
        />
        <TextInput
          label="A new exit for"
          description="auto, request, tunnel, a number of requests, or a time as 10m"
          {...form.getInputProps("rotate")}
        />
        <NumberInput
          label="A session keeps its exit after its latest request"
          {...SECONDS}
          {...form.getInputProps("session_idle_seconds")}
        />
        <NumberInput
          label="and altogether at most"
          placeholder="Without end"
          {...SECONDS}
          {...form.getInputProps("session_ttl_seconds")}
        />
        <Select
          label="When the exit of a session is lost"
          data={LOST}
          {...form.getInputProps("session_lost")}
        />
        <NumberInput
          label="Further exits to try"
          description="After the first has failed"
          min={0}
          max={10}
          {...form.getInputProps("max_retries")}
        />
        <NumberInput
          label="All attempts together have"
          {...SECONDS}
          max={300}
          {...form.getInputProps("connection_timeout_seconds")}
        />
        <NumberInput
          label="An answer has to begin within"
          {...SECONDS}
          max={3600}
          {...form.getInputProps("response_timeout_seconds")}
        />
        <NumberInput
          label="A silent tunnel is closed after"
          {...SECONDS}
          max={86_400}
          {...form.getInputProps("tunnel_idle_timeout_seconds")}
        />
        <NumberInput
          label="Under way at a time, on each node"
          description="What comes on top is answered 429"
          placeholder="As many as there is room for"
          min={1}
          max={1_000_000}
          thousandSeparator=","
          {...form.getInputProps("max_in_flight")}
        />
      </SimpleGrid>
      <Switch
        label="Dial a second exit when the first is slower than usual"
        description="The first that answers wins; at most 10 % more dials"
        {...form.getInputProps("hedge", { type: "checkbox" })}
      />
    </Stack>
  );
}
