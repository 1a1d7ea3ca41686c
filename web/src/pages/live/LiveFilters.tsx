// Which exchanges are wanted; the node filters, what has finished and what comes in alike.
import { NativeSelect } from "@mantine/core";
import type { ExchangeFilter } from "~/api/exchanges";
import { FilterBar, halfWide } from "~/forms/FilterBar";

interface Props {
  filter: ExchangeFilter;
  onChange: (filter: ExchangeFilter) => void;
}

const OUTCOMES = [
  { value: "", label: "Every outcome" },
  { value: "none", label: "Succeeded" },
  { value: "any", label: "Failed" },
  { value: "client", label: "The client's fault" },
  { value: "exit", label: "The exit's fault" },
  { value: "target", label: "The target's fault" },
  { value: "node", label: "The node's fault" },
];

export function LiveFilters({ filter, onChange }: Props) {
  return (
    <FilterBar
      filter={filter}
      onChange={onChange}
      text={{ label: "Any text of it", placeholder: "Host, session, error…" }}
    >
      {({ host, status, session }) => (
        <>
          {host("Domain of the target, with what is below it", "Domain", 150)}
          {status("Status: 404, 4xx, or 0 for no answer")}
          <NativeSelect
            aria-label="How it ended"
            w={halfWide(160)}
            data={OUTCOMES}
            value={filter.blame ?? ""}
            onChange={({ currentTarget: { value } }) => onChange({ ...filter, blame: value || undefined })}
          />
          {session(120)}
        </>
      )}
    </FilterBar>
  );
}
