// Requests of a project, or of all, as they finish on any node.
import { Alert, Button, Group } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import {
  type Exchange,
  type ExchangeFilter,
  exchangesQuery,
  exchangesStream,
  newestFirst,
} from "~/api/exchanges";
import { projectsQuery, useProjectIfAny } from "~/api/projects";
import { isNarrow } from "~/forms/useTyped";
import { Empty } from "~/parts/Empty";
import { Failure } from "~/parts/Failure";
import { Icon } from "~/parts/Icon";
import { LiveState, toldOf } from "~/parts/LiveState";
import { PageFrame } from "~/parts/PageFrame";
import { useLive } from "~/parts/useLive";
import { ExchangeDrawer } from "./ExchangeDrawer";
import { LiveFilters } from "./LiveFilters";
import { LiveTable } from "./LiveTable";

/** So many are kept here, however long the page is open. */
const MOST = 5_000;

/** A link may say what is looked for. */
function asked({ exit, session, host, status, blame }: Record<string, unknown>): ExchangeFilter {
  const parts = Object.entries({ exit, session, host, status, blame });
  return Object.fromEntries(parts.filter(([, value]) => value != null).map(([name, value]) => [name, String(value)]));
}

export default function LivePage() {
  const project = useProjectIfAny();
  // Another project is another log.
  return <Log key={project ?? ""} project={project} />;
}

function Log({ project }: { project: string | undefined }) {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const [filter, narrow] = useState(() => asked(search));
  const [following, follow] = useState(true);
  const [chosen, choose] = useState<Exchange | null>(null);
  const list = useInfiniteQuery(exchangesQuery(project, filter));
  const live = useLive<Exchange>(exchangesStream(project, filter), "exchange", following);
  const pages = list.data?.pages ?? [];
  const rows = newestFirst(live.fresh, pages.flatMap(({ items }) => items), MOST);
  const silent = pages.at(-1)?.silent ?? [];
  const projects = useQuery({ ...projectsQuery, enabled: project === undefined }).data?.items ?? [];
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  const nothing = list.isSuccess && rows.length === 0;
  const fourth = project
    ? { name: "Session", of: ({ session }: Exchange) => session ?? "–" }
    : { name: "Project", of: ({ project_id }: Exchange) => names.get(project_id ?? "") ?? "–" };
  return (
    <PageFrame
      title="Live log"
      about={
        project
          ? "Requests of this project as they finish, on all nodes. Nodes remember the latest."
          : "Requests of every project as they finish, on all nodes. Nodes remember the latest."
      }
    >
      {list.isError && (
        <Failure error={list.error} what="The log could not be read" retry={() => list.refetch()} />
      )}
      {silent.length > 0 && (
        <Alert variant="light" color="yellow" icon={<Icon name="warning" />} role="status">
          {silent.join(", ")} did not answer: what they served is missing here.
        </Alert>
      )}
      <LiveFilters key={filter.exit ?? filter.session ?? ""} filter={filter} onChange={narrow} />
      <LiveState
        told={list.isPending ? "Reading…" : toldOf(rows.length, list.hasNextPage)}
        live={live}
        following={following}
        follow={follow}
      />
      {nothing && !isNarrow(filter) && (
        <Empty icon="live" title="No request yet">
          Send one through {project ? "the project" : "a project"}: it stands here as soon as it has
          ended.
        </Empty>
      )}
      {nothing && isNarrow(filter) && (
        <Empty icon="search" title="No exchange fits">
          Widen the filters: nothing that nodes remember fits all of them.
        </Empty>
      )}
      {rows.length > 0 && <LiveTable rows={rows} open={choose} fourth={fourth} />}
      {list.hasNextPage && rows.length < MOST && (
        <Group justify="center">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show older ones
          </Button>
        </Group>
      )}
      <ExchangeDrawer
        exchange={chosen}
        onClose={() => choose(null)}
        only={(part) => {
          narrow(part);
          choose(null);
        }}
      />
    </PageFrame>
  );
}
