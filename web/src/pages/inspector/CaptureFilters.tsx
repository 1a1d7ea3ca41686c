// Which exchanges are wanted; the node filters, what is recorded and what comes in alike.
import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import type { CaptureFilter } from "~/api/captures";
import { isNarrow, useTyped } from "~/forms/useTyped";
import { Icon } from "~/parts/Icon";

interface Props {
  filter: CaptureFilter;
  onChange: (filter: CaptureFilter) => void;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT"];
const FIELDS = ["text", "host", "status", "session"] as const;

/** Two beside each other on a phone. */
const wide = (width: number) => ({ base: "calc(50% - 5px)", xs: width });

const orNone = (value: string) => (value === "" ? undefined : value);

export function CaptureFilters({ filter, onChange }: Props) {
  const { field, clear } = useTyped(FIELDS, filter, onChange);
  const outcome = filter.banned ? "banned" : filter.failed ? "failed" : "";
  const judge = (value: string) =>
    onChange({
      ...filter,
      banned: value === "banned" || undefined,
      failed: value === "failed" || undefined,
    });
  return (
    <Group gap="xs" role="search" aria-label="Filter exchanges">
      <TextInput
        aria-label="Part of the URL"
        placeholder="URL contains…"
        leftSection={<Icon name="search" size={16} />}
        w={{ base: "100%", xs: 220 }}
        {...field("text")}
      />
      <TextInput aria-label="Host of the target" placeholder="Host" w={wide(130)} {...field("host")} />
      <NativeSelect
        aria-label="Method"
        w={wide(140)}
        data={[{ value: "", label: "Every method" }, ...METHODS]}
        value={filter.method ?? ""}
        onChange={(event) => onChange({ ...filter, method: orNone(event.currentTarget.value) })}
      />
      <TextInput
        aria-label="Status: 404, or 4xx"
        placeholder="404, 4xx"
        maxLength={3}
        w={wide(90)}
        {...field("status")}
      />
      <NativeSelect
        aria-label="How it ended"
        w={wide(148)}
        data={[
          { value: "", label: "Every outcome" },
          { value: "failed", label: "Failed" },
          { value: "banned", label: "Banned" },
        ]}
        value={outcome}
        onChange={(event) => judge(event.currentTarget.value)}
      />
      <TextInput aria-label="Session" placeholder="Session" w={wide(110)} {...field("session")} />
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
