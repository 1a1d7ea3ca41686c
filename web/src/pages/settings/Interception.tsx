// Whether the TLS inside of tunnels is ended here, and what goes on behind it.
import { Anchor, Select, SimpleGrid, Stack, Text, Textarea } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ListInput } from "~/forms/ListInput";
import type { PartProps } from "./values";

const MODES = [
  { value: "off", label: "Off: tunnels are left alone" },
  { value: "plain", label: "On" },
  { value: "match_ua", label: "On, as the browser that the client names" },
  { value: "override_ua", label: "On, as a browser named here" },
];
const BROWSERS = [
  { value: "chrome", label: "Chrome" },
  { value: "firefox", label: "Firefox" },
  { value: "safari", label: "Safari" },
  { value: "edge", label: "Edge" },
  { value: "random", label: "One of them for each session" },
];
const UNKNOWN = [
  { value: "tunnel", label: "Let it through" },
  { value: "refuse", label: "Close the tunnel" },
];

export function Interception({ form }: PartProps) {
  const { mode } = form.values.interception;
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Ban rules, rewrites and inspection see what is inside of HTTPS only where it is intercepted.
        Clients have to trust <Anchor component={Link} to="/certificates">your certificate</Anchor>.
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        <Select label="Interception" data={MODES} {...form.getInputProps("interception.mode")} />
        {mode === "override_ua" && (
          <Select label="Browser" data={BROWSERS} {...form.getInputProps("interception.browser")} />
        )}
        <Select
          label="Something else than HTTP inside"
          data={UNKNOWN}
          disabled={mode === "off"}
          {...form.getInputProps("interception.unknown")}
        />
      </SimpleGrid>
      {mode !== "off" && (
        <>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
            <ListInput
              label="Not these targets"
              description="Tunnelled all the same, one a line"
              placeholder="bank.example"
              {...form.getInputProps("interception.bypass")}
            />
            <ListInput
              label="Targets whose certificates are not verified"
              description="Every use is logged, one a line"
              {...form.getInputProps("interception.unverified")}
            />
          </SimpleGrid>
          <Textarea
            label="Certificates that targets may present besides publicly trusted ones (PEM)"
            autosize
            minRows={2}
            maxRows={8}
            classNames={{ input: "mono" }}
            {...form.getInputProps("interception.extra_roots")}
            value={form.values.interception.extra_roots ?? ""}
          />
        </>
      )}
    </Stack>
  );
}
