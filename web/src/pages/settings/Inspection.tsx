// Which exchanges are recorded for people to look at.
import { NumberInput, SimpleGrid, Stack, Text } from "@mantine/core";
import type { PartProps } from "./values";

export function Inspection({ form }: PartProps) {
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Records stay in the memory of the node that relayed them. Cookies, logins and vendors’
        secrets are taken out before.
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md">
        <NumberInput
          label="Recorded"
          description="Of a thousand exchanges"
          min={0}
          max={1000}
          {...form.getInputProps("inspection.permille")}
        />
        <NumberInput
          label="Kept"
          description="The latest records"
          min={1}
          max={10_000}
          thousandSeparator=","
          {...form.getInputProps("inspection.keep")}
        />
        <NumberInput
          label="Content of each message"
          description="Bytes"
          min={0}
          max={65_536}
          thousandSeparator=","
          {...form.getInputProps("inspection.body_bytes")}
        />
      </SimpleGrid>
    </Stack>
  );
}
