// Which exchanges are wanted; the node filters, what has finished and what comes in alike.
import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import type { ExchangeFilter } from "~/api/exchanges";
import { isNarrow, useTyped } from "~/forms/useTyped";
import { Icon } from "~/parts/Icon";

interface Props {
  filter: ExchangeFilter;
  onChange: (filter: ExchangeFilter) => void;
}

const FIELDS = ["text", "host", "status", "session"] as const;

const OUTCOMES = [
  { value: "", label: "Every outcome" },
  { value: "none", label: "Succeeded" },
  { value: "any", label: "Failed" },
  { value: "client", label: "The client's fault" },
  { value: "exit", label: "The exit's fault" },
  { value: "target", label: "The target's fault" },
  { value: "node", label: "The node's fault" },
];

/** Two beside each other on a phone. */
const wide = (width: number) => ({ base: "calc(50% - 5px)", xs: width });

export function LiveFilters({ filter, onChange }: Props) {
  const { field, clear } = useTyped(FIELDS, filter, onChange);
  return (
    <Group gap="xs" role="search" aria-label="Filter exchanges">
      <TextInput
        aria-label="Any text of it"
        placeholder="Host, session, error…"
        leftSection={<Icon name="search" size={16} />}
        w={{ base: "100%", xs: 220 }}
        {...field("text")}
      />
      <TextInput
        aria-label="Domain of the target, with what is below it"
        placeholder="Domain"
        w={wide(150)}
        {...field("host")}
      />
      <TextInput
        aria-label="Status: 404, 4xx, or 0 for no answer"
        placeholder="404, 4xx"
        maxLength={3}
        w={wide(90)}
        {...field("status")}
      />
      <NativeSelect
        aria-label="How it ended"
        w={wide(160)}
        data={OUTCOMES}
        value={filter.blame ?? ""}
        onChange={({ currentTarget: { value } }) => onChange({ ...filter, blame: value || undefined })}
      />
      <TextInput aria-label="Session" placeholder="Session" w={wide(120)} {...field("session")} />
      {filter.exit !== undefined && (
        <Button
          variant="default"
          rightSection={<Icon name="close" size={14} />}
          aria-label="Every exit again"
          onClick={() => onChange({ ...filter, exit: undefined })}
        >
          One exit
        </Button>
      )}
      {isNarrow(filter) && (
        <Button variant="subtle" onClick={clear}>
          Clear
        </Button>
      )}
    </Group>
  );
}
