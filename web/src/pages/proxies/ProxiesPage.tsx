// The exits of a project: 100,000 of them in one table, filtered by the node.
import { Button, Drawer, Group, Text } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { connectorsQuery } from "~/api/connectors";
import { useProjectId } from "~/api/projects";
import type { Proxy, ProxyFilter, ProxyOrder } from "~/api/proxies";
import { useMay } from "~/api/session";
import { Empty } from "~/parts/Empty";
import { Failure } from "~/parts/Failure";
import { count } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { PageFrame } from "~/parts/PageFrame";
import { BulkBar } from "./BulkBar";
import { Filters, isFiltered } from "./Filters";
import { ProxyTable } from "./ProxyTable";
import { UploadDialog } from "./UploadDialog";
import { useWindows } from "./useWindows";

export default function ProxiesPage() {
  const project = useProjectId();
  const mayEdit = useMay("editor");
  const connectors = useSuspenseQuery(connectorsQuery(project)).data.items;
  const [filter, setFilter] = useState<ProxyFilter>({});
  const [sort, sortBy] = useState<ProxyOrder>("created");
  const [selected, select] = useState<ReadonlyMap<string, Proxy>>(new Map());
  const [uploading, setUploading] = useState(false);
  const rows = useWindows(project, filter, sort);
  const total = rows.total ?? 0;
  const toggle = useCallback((some: Proxy[], on: boolean) => {
    select((before) => {
      const next = new Map(before);
      for (const row of some) {
        if (on) next.set(row.id, row);
        else next.delete(row.id);
      }
      return next;
    });
  }, []);
  const clear = () => select(new Map());
  // As they are now, if they are in sight.
  const latest = new Map(rows.read.map((row) => [row.id, row]));
  const chosen = [...selected.values()].map((row) => latest.get(row.id) ?? row);
  const add = mayEdit && (
    <Button leftSection={<Icon name="upload" size={16} />} onClick={() => setUploading(true)}>
      Upload a list
    </Button>
  );
  const narrow = (next: ProxyFilter) => {
    setFilter(next);
    clear();
  };
  const nothing = rows.total === 0;
  const nowhere = nothing && !isFiltered(filter);
  return (
    <PageFrame
      title="Proxies"
      about="Every exit that requests may leave through, as the node that answers sees it."
      actions={!nowhere && add}
    >
      {rows.error !== null && (
        <Failure error={rows.error} what="The list could not be read" retry={rows.again} />
      )}
      {nowhere ? (
        <Empty icon="proxies" title="No proxy yet" action={add}>
          {mayEdit
            ? "Upload a list in whatever form you have it: host:port, host:port:user:password, URLs, CSV or JSON."
            : "An editor has to upload a list first."}
        </Empty>
      ) : (
        <>
          <Filters filter={filter} onChange={narrow} connectors={connectors} />
          <Group justify="space-between" mih={34}>
            <Text size="sm" c="dimmed" className="numbers" role="status">
              {rows.total === undefined
                ? "Reading…"
                : `${count(total)} ${total === 1 ? "proxy" : "proxies"}${isFiltered(filter) ? " found" : ""}`}
            </Text>
            {mayEdit && (
              <BulkBar
                project={project}
                filter={filter}
                total={total}
                rows={chosen}
                clear={clear}
              />
            )}
          </Group>
          {nothing ? (
            <Empty icon="search" title="No proxy fits">
              Widen the filters: nothing fits all of them.
            </Empty>
          ) : (
            <ProxyTable
              list={JSON.stringify([filter, sort])}
              project={project}
              rows={rows}
              total={total}
              connectors={connectors}
              sort={sort}
              sortBy={sortBy}
              selected={selected}
              toggle={mayEdit ? toggle : undefined}
            />
          )}
        </>
      )}
      <Drawer
        opened={uploading}
        onClose={() => setUploading(false)}
        position="right"
        size="lg"
        title="Upload a list of proxies"
      >
        {uploading && (
          <UploadDialog
            project={project}
            connectors={connectors}
            onClose={() => setUploading(false)}
          />
        )}
      </Drawer>
    </PageFrame>
  );
}
