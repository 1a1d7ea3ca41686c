// Which entries of the audit log are wanted.
import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import type { AuditFilter } from "~/api/audit";
import type { Project } from "~/api/projects";
import { isNarrow, useTyped } from "~/forms/useTyped";
import { Icon } from "~/parts/Icon";

const NOUNS = [
  "project",
  "connector",
  "credential",
  "proxy",
  "proxy_quarantine",
  "user",
  "session",
  "api_key",
  "root",
  "log_filter",
  "backup",
];

const DAYS = [
  { value: "", label: "Whenever" },
  { value: "1", label: "In the last day" },
  { value: "7", label: "In the last 7 days" },
  { value: "30", label: "In the last 30 days" },
];

interface Props {
  filter: AuditFilter;
  onChange: (filter: AuditFilter) => void;
  projects: Pick<Project, "id" | "name">[];
}

const wide = (width: number) => ({ base: "calc(50% - 5px)", xs: width });

export function AuditFilters({ filter, onChange, projects }: Props) {
  const { field, clear } = useTyped(["actor"], filter, onChange);
  const choose = (part: keyof AuditFilter) => ({
    value: filter[part] ?? "",
    onChange: ({ currentTarget: { value } }: { currentTarget: { value: string } }) =>
      onChange({ ...filter, [part]: value || undefined }),
  });
  const since = (days: string) =>
    days === "" ? undefined : new Date(Date.now() - Number(days) * 86_400_000).toISOString();
  return (
    <Group gap="xs" role="search" aria-label="Filter the audit log">
      <TextInput
        aria-label="Who did it"
        placeholder="Who"
        leftSection={<Icon name="search" size={16} />}
        w={{ base: "100%", xs: 200 }}
        {...field("actor")}
      />
      <NativeSelect
        aria-label="What it was done to"
        w={wide(180)}
        data={[
          { value: "", label: "Everything" },
          ...NOUNS.map((value) => ({ value, label: value.replaceAll("_", " ") })),
        ]}
        {...choose("noun")}
      />
      <NativeSelect
        aria-label="In which project"
        w={wide(180)}
        data={[
          { value: "", label: "Every project" },
          ...projects.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        {...choose("project")}
      />
      <NativeSelect
        aria-label="When"
        w={wide(180)}
        data={DAYS}
        value={filter.from === undefined ? "" : daysSince(filter.from)}
        onChange={({ currentTarget: { value } }) => onChange({ ...filter, from: since(value) })}
      />
      {isNarrow(filter) && (
        <Button variant="subtle" onClick={clear}>
          Clear
        </Button>
      )}
    </Group>
  );
}

/** How many days ago that was. */
function daysSince(from: string): string {
  return String(Math.round((Date.now() - Date.parse(from)) / 86_400_000));
}
