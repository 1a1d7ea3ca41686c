// The nodes: who is there, what they serve, who does what for all.
import { SimpleGrid } from "@mantine/core";
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { shown } from "~/api/client";
import { type Cluster, clusterQuery, upToDate } from "~/api/cluster";
import { useMe } from "~/api/session";
import { Figure } from "~/parts/Figure";
import { count } from "~/parts/format";
import { PageFrame } from "~/parts/PageFrame";
import { useStream } from "~/parts/useStream";
import { Leases } from "./Leases";
import { Members } from "./Members";
import { Tasks } from "./Tasks";

const COORDINATION: Record<string, [string, "good" | "warn" | undefined, string]> = {
  alone: ["alone", undefined, "one node needs no Redis"],
  connected: ["connected", "good", "by Redis"],
  degraded: ["degraded", "warn", "Redis is away: limits are kept by shares"],
};

export default function ClusterPage() {
  const cluster = useCluster();
  const { members, leases, tasks, instance_id } = cluster;
  return (
    <PageFrame
      title="Cluster"
      about={
        <>
          As the node <span className="mono">{instance_id}</span> sees it, which answers you now.
        </>
      }
    >
      <Summary cluster={cluster} />
      <Members members={members} revision={cluster.revision} own={instance_id} />
      <Leases leases={leases} />
      <Tasks tasks={tasks} />
    </PageFrame>
  );
}

/** The nodes as the stream tells of them; the numbers of each, which it does not tell of, are asked for. */
function useCluster(): Cluster {
  const queries = useQueryClient();
  const { grants } = useMe();
  const state = useStream(grants == null ? "/api/v1/live/cluster" : null, {
    events: { cluster: (view: Cluster) => queries.setQueryData(clusterQuery.queryKey, shown(view)) },
  });
  return useSuspenseQuery({ ...clusterQuery, refetchInterval: state === "live" ? 5_000 : 2_000 }).data;
}

function Summary({ cluster }: { cluster: Cluster }) {
  const { members, revision, coordination } = cluster;
  const fresh = upToDate(cluster);
  const [word, tone, hint] = COORDINATION[coordination] ?? [coordination, undefined, ""];
  const rate = members.reduce((sum, member) => sum + member.requests_per_second, 0);
  const inFlight = members.reduce((sum, member) => sum + member.in_flight, 0);
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Figure
        name="Revision"
        value={count(revision)}
        hint={`live on ${fresh} of ${members.length}`}
        tone={fresh < members.length ? "warn" : undefined}
      />
      <Figure name="Coordination" value={word} hint={hint} tone={tone} />
      <Figure name="Requests" value={`${count(rate)} /s`} hint="on all nodes together" />
      <Figure name="Under way" value={count(inFlight)} hint="requests and tunnels" />
    </SimpleGrid>
  );
}
