// Which proxies are wanted; the node filters, so that it makes no difference how many there are.
import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import type { Connector } from "~/api/connectors";
import type { ProxyFilter } from "~/api/proxies";
import { Icon } from "~/parts/Icon";

interface Props {
  filter: ProxyFilter;
  onChange: (filter: ProxyFilter) => void;
  connectors: Connector[];
}

export function isFiltered(filter: ProxyFilter): boolean {
  return Object.values(filter).some((part) => part !== undefined);
}

const STATES = ["healthy", "degraded", "unhealthy", "quarantined", "unknown", "disabled"];

const orNone = (value: string) => (value === "" ? undefined : value);

export function Filters({ filter, onChange, connectors }: Props) {
  const [typed, setTyped] = useState({ search: "", country: "", tag: "" });
  const later = useDebouncedCallback((next: ProxyFilter) => onChange(next), 250);
  const type = (part: keyof typeof typed, value: string) => {
    const next = { ...typed, [part]: value };
    setTyped(next);
    const { search, country, tag } = next;
    later({ ...filter, search: orNone(search), tag: orNone(tag), country: whole(country) });
  };
  const clear = () => {
    setTyped({ search: "", country: "", tag: "" });
    onChange({});
  };
  const choose = (part: ProxyFilter) => onChange({ ...filter, ...part });
  return (
    <Group gap="xs" role="search" aria-label="Filter proxies">
      <TextInput
        aria-label="Part of the host"
        placeholder="Host contains…"
        leftSection={<Icon name="search" size={16} />}
        w={{ base: "100%", xs: 220 }}
        value={typed.search}
        onChange={(event) => type("search", event.currentTarget.value)}
      />
      <NativeSelect
        aria-label="Connector"
        data={[
          { value: "", label: "Every connector" },
          ...connectors.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={filter.connector_id ?? ""}
        onChange={(event) => choose({ connector_id: orNone(event.currentTarget.value) })}
      />
      <NativeSelect
        aria-label="Protocol"
        data={[{ value: "", label: "Every protocol" }, "http", "https", "socks4", "socks5"]}
        value={filter.protocol ?? ""}
        onChange={(event) => choose({ protocol: orNone(event.currentTarget.value) })}
      />
      <NativeSelect
        aria-label="State"
        data={[{ value: "", label: "Every state" }, ...STATES]}
        value={filter.status ?? ""}
        onChange={(event) => choose({ status: orNone(event.currentTarget.value) })}
      />
      <TextInput
        aria-label="Country, two letters"
        placeholder="Country"
        w={90}
        maxLength={2}
        value={typed.country}
        onChange={(event) => type("country", event.currentTarget.value)}
      />
      <TextInput
        aria-label="Tag"
        placeholder="Tag"
        w={110}
        value={typed.tag}
        onChange={(event) => type("tag", event.currentTarget.value)}
      />
      {isFiltered(filter) && (
        <Button variant="subtle" onClick={clear}>
          Clear
        </Button>
      )}
    </Group>
  );
}

/** Both letters, or not yet a country. */
function whole(country: string): string | undefined {
  return /^[A-Za-z]{2}$/.test(country) ? country.toUpperCase() : undefined;
}
