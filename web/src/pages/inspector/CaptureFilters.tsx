// Which exchanges are wanted; the node filters, what is recorded and what comes in alike.
import { NativeSelect } from "@mantine/core";
import type { CaptureFilter } from "~/api/captures";
import { FilterBar, halfWide } from "~/forms/FilterBar";

interface Props {
  filter: CaptureFilter;
  onChange: (filter: CaptureFilter) => void;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT"];

const OUTCOMES = [
  { value: "", label: "Every outcome" },
  { value: "failed", label: "Failed" },
  { value: "banned", label: "Banned" },
];

export function CaptureFilters({ filter, onChange }: Props) {
  const outcome = filter.banned ? "banned" : filter.failed ? "failed" : "";
  const judge = (value: string) =>
    onChange({
      ...filter,
      banned: value === "banned" || undefined,
      failed: value === "failed" || undefined,
    });
  return (
    <FilterBar
      filter={filter}
      onChange={onChange}
      text={{ label: "Part of the URL", placeholder: "URL contains…" }}
    >
      {({ host, status, session }) => (
        <>
          {host("Host of the target", "Host", 130)}
          <NativeSelect
            aria-label="Method"
            w={halfWide(140)}
            data={[{ value: "", label: "Every method" }, ...METHODS]}
            value={filter.method ?? ""}
            onChange={({ currentTarget: { value } }) => onChange({ ...filter, method: value || undefined })}
          />
          {status("Status: 404, or 4xx")}
          <NativeSelect
            aria-label="How it ended"
            w={halfWide(148)}
            data={OUTCOMES}
            value={outcome}
            onChange={({ currentTarget: { value } }) => judge(value)}
          />
          {session(110)}
        </>
      )}
    </FilterBar>
  );
}
