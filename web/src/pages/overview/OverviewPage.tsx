// How a project does: success, latency, traffic, and the health of its pool.
import { Button, SegmentedControl, SimpleGrid } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { poolQuery } from "~/api/pool";
import { useProject } from "~/api/projects";
import { type Counters, NOTHING, success, usageQuery } from "~/api/usage";
import { Empty } from "~/parts/Empty";
import { Failure } from "~/parts/Failure";
import { Figure } from "~/parts/Figure";
import { bytes, count, milliseconds, percent } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { PageFrame } from "~/parts/PageFrame";
import { ByConnector } from "./ByConnector";
import { PoolHealth } from "./PoolHealth";
import { WorldMap } from "./WorldMap";

const SPANS = [
  { value: "1", label: "1 h" },
  { value: "24", label: "24 h" },
  { value: "168", label: "7 d" },
  { value: "720", label: "30 d" },
];

export default function OverviewPage() {
  const project = useProject();
  const [hours, setHours] = useState("24");
  const usage = useQuery(usageQuery(project.id, Number(hours), "project"));
  const pool = useQuery(poolQuery(project.id));
  const total = usage.data?.items[0] ?? NOTHING;
  const isEmpty = pool.data?.total === 0;
  return (
    <PageFrame
      title={project.name}
      about={project.description || `Clients log in as ${project.username}.`}
      actions={
        <SegmentedControl
          aria-label="Since when"
          data={SPANS}
          value={hours}
          onChange={setHours}
          size="xs"
        />
      }
    >
      {usage.isError && <Failure error={usage.error} what="Usage could not be read" />}
      <Figures counters={total} />
      {isEmpty ? (
        <Empty
          icon="upload"
          title="No exit yet"
          action={
            <Button component={Link} to={`/projects/${project.id}/proxies`}>
              Add proxies
            </Button>
          }
        >
          Upload a list of proxies, or connect a provider: until then every request is answered
          503.
        </Empty>
      ) : (
        <PoolHealth project={project.id} pool={pool.data} />
      )}
      {!isEmpty && total.requests === 0 && usage.isSuccess && (
        <Empty
          icon="connect"
          title="No request in this time"
          action={
            <Button
              component={Link}
              to={`/projects/${project.id}/connect`}
              leftSection={<Icon name="connect" size={16} />}
            >
              Connect your client
            </Button>
          }
        >
          Point a client at the proxy: what it asks for is counted here within seconds.
        </Empty>
      )}
      {pool.data && pool.data.countries.some(({ country }) => country != null) && (
        <WorldMap countries={pool.data.countries} />
      )}
      <ByConnector project={project.id} hours={Number(hours)} />
    </PageFrame>
  );
}

function Figures({ counters }: { counters: Counters }) {
  const share = success(counters);
  const tone = share === null || share >= 0.95 ? undefined : share >= 0.8 ? "warn" : "bad";
  const { requests, failures, bytes_received, bytes_sent, average_latency_ms } = counters;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Figure name="Requests" value={count(requests)} hint="tunnels and plain requests" />
      <Figure
        name="Success"
        value={share === null ? "–" : percent(share)}
        hint={failures > 0 ? `${count(failures)} failed` : share === null ? "" : "none failed"}
        tone={tone}
      />
      <Figure
        name="Latency"
        value={milliseconds(average_latency_ms)}
        hint="on average, to the first answer"
      />
      <Figure
        name="Traffic"
        value={bytes(bytes_received + bytes_sent)}
        hint={`${bytes(bytes_received)} in, ${bytes(bytes_sent)} out`}
      />
    </SimpleGrid>
  );
}
