// What can be done with many exits: those that are selected, or all that fit the filter.
import { Button, Group, Menu, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { actOn, type Bulk, deleteProxies, testProxies } from "~/api/pool";
import type { Proxy, ProxyFilter } from "~/api/proxies";
import { Confirm } from "~/parts/Confirm";
import { doom } from "~/parts/doomed";
import { count } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { done, failed } from "~/parts/notices";
import { RowMenu } from "~/parts/RowMenu";
import { isFiltered } from "./Filters";

interface Props {
  project: string;
  filter: ProxyFilter;
  /** How many fit the filter. */
  total: number;
  /** The selected ones. */
  rows: Proxy[];
  clear: () => void;
}

/** What the API tests at once. */
const MOST_TESTED = 50;
/** What can be deleted while the page is being left, and so be taken back until then. */
const MOST_UNDONE = 1_000;

const RESTS: [string, number][] = [
  ["10 minutes", 600],
  ["An hour", 3600],
  ["A day", 86_400],
];

export function BulkBar({ project, filter, total, rows, clear }: Props) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [deleting, setDeleting] = useState<"selected" | "all" | null>(null);
  const reload = () => queries.invalidateQueries({ queryKey: ["projects", project] });
  const some = rows.length > 0;
  const ids = rows.map(({ id }) => id);
  const everything = isFiltered(filter) ? { filter } : { all: true };
  /** Does it to those that are selected, or else to all that fit. */
  const run = async (action: Omit<Bulk, "ids" | "filter" | "all">, said: string) => {
    setBusy(true);
    try {
      const { changed } = await actOn(project, { ...action, ...(some ? { ids } : everything) });
      done(`${count(changed)} ${said}`);
      clear();
    } catch (error) {
      failed("They are as they were", error);
    }
    setBusy(false);
    await reload();
  };
  const remove = () => {
    const name = ids.length === 1 ? "1 proxy" : `${count(ids.length)} proxies`;
    const send = () => deleteProxies(project, ids).finally(reload);
    doom({ id: ids.join(), name, rows: new Set(ids), send });
    clear();
  };
  const tryThem = async () => {
    setBusy(true);
    try {
      const { items } = await testProxies(project, ids);
      const good = items.filter(({ ok }) => ok).length;
      const bad = items.find(({ ok }) => !ok);
      const all = `${count(good)} of ${count(items.length)} passed.`;
      done(bad === undefined ? all : `${all} One says: ${bad.detail ?? bad.error}`);
    } catch (error) {
      failed("They were not tested", error);
    }
    setBusy(false);
    await reload();
  };
  return (
    <Group gap="xs">
      {some && (
        <>
          <Text size="sm" fw={600} className="numbers">
            {count(rows.length)} selected
          </Text>
          <Menu>
            <Menu.Target>
              <Button
                size="xs"
                variant="default"
                loading={busy}
                leftSection={<Icon name="rest" size={14} />}
              >
                Quarantine
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {RESTS.map(([label, seconds]) => (
                <Menu.Item
                  key={label}
                  onClick={() => run({ action: "quarantine", seconds }, "rest now.")}
                >
                  {label}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Button
            size="xs"
            variant="default"
            loading={busy}
            leftSection={<Icon name="release" size={14} />}
            onClick={() => run({ action: "release" }, "released.")}
          >
            Release
          </Button>
          {rows.length <= MOST_TESTED && (
            <Button
              size="xs"
              variant="default"
              loading={busy}
              leftSection={<Icon name="refresh" size={14} />}
              onClick={tryThem}
            >
              Test now
            </Button>
          )}
          <Button size="xs" variant="default" onClick={rows.length <= MOST_UNDONE ? remove : () => setDeleting("selected")}>
            Delete
          </Button>
          <Button size="xs" variant="subtle" onClick={clear}>
            Clear
          </Button>
        </>
      )}
      {!some && total > 0 && (
        <RowMenu
          of={isFiltered(filter) ? "all that fit" : "all proxies"}
          actions={[
            {
              label: "Quarantine all for an hour",
              icon: "rest",
              run: () => void run({ action: "quarantine", seconds: 3600 }, "rest now."),
            },
            {
              label: "Release all",
              icon: "release",
              run: () => void run({ action: "release" }, "released."),
            },
            {
              label: "Turn all on",
              icon: "check",
              run: () => void run({ action: "enable" }, "turned on."),
            },
            {
              label: "Turn all off",
              icon: "close",
              run: () => void run({ action: "disable" }, "turned off."),
            },
            {
              label: isFiltered(filter) ? "Delete all that fit" : "Delete all",
              icon: "delete",
              danger: true,
              run: () => setDeleting("all"),
            },
          ]}
        />
      )}
      <Confirm
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete ${count(deleting === "all" ? total : rows.length)} proxies?`}
        verb="Delete them"
        word={deleting === "all" && total > 100 ? "delete" : undefined}
        run={() => run({ action: "delete" }, "are gone.")}
      >
        They do not come back: passwords are stored nowhere else. Requests under way through them
        are not cut.
      </Confirm>
    </Group>
  );
}
