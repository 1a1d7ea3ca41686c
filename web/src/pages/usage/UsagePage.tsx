// What went through a project, or through all, over time: charts, and the same numbers as a table.
import { Button, Group, NativeSelect, SegmentedControl, SimpleGrid, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useProjectIfAny } from "~/api/projects";
import { type SeriesPoint, seriesQuery, type UsageFilter, type UsageSeries } from "~/api/usage";
import { download } from "~/parts/download";
import { Failure } from "~/parts/Failure";
import { Figure } from "~/parts/Figure";
import { bytes, cost, count, milliseconds, percent } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { PageFrame } from "~/parts/PageFrame";
import { Breakdown } from "./Breakdown";
import { Charts } from "./Charts";
import { csvOf } from "./numbers";
import { NumbersTable } from "./NumbersTable";
import { SPANS, stepsOf } from "./spans";

/** One thing alone, and what it is called. */
export interface Chosen {
  filter: UsageFilter;
  name: string;
}

export default function UsagePage() {
  const project = useProjectIfAny();
  // Another project is another page.
  return <Usage key={project ?? ""} project={project} />;
}

function Usage({ project }: { project: string | undefined }) {
  const [hours, setHours] = useState(24);
  const [step, setStep] = useState("auto");
  const [view, setView] = useState("charts");
  const [chosen, choose] = useState<Chosen | null>(null);
  const span = { hours, step };
  const usage = useQuery(seriesQuery(project, span, "project", chosen?.filter ?? {}));
  const item = usage.data?.series[0];
  const range = (value: string) => {
    setHours(Number(value));
    // A step that is too short for the longer range is none any more.
    if (!stepsOf(Number(value)).some((one) => one.value === step)) setStep("auto");
  };
  return (
    <PageFrame
      title="Usage"
      about={
        project
          ? "What went through the project on all nodes. The latest is some seconds old."
          : "What went through all projects together. The latest is some seconds old."
      }
      actions={
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          disabled={item === undefined}
          onClick={() => download(new Blob([csvOf(item?.points ?? [])], { type: "text/csv" }), "usage.csv")}
        >
          CSV
        </Button>
      }
    >
      <Group gap="sm">
        <SegmentedControl
          aria-label="Since when"
          size="xs"
          data={SPANS}
          value={String(hours)}
          onChange={range}
        />
        <NativeSelect
          aria-label="What one point sums up"
          size="xs"
          w={150}
          data={stepsOf(hours)}
          value={step}
          onChange={({ currentTarget: { value } }) => setStep(value)}
        />
        <SegmentedControl
          aria-label="How it is shown"
          size="xs"
          data={[
            { value: "charts", label: "Charts" },
            { value: "table", label: "Table" },
          ]}
          value={view}
          onChange={setView}
        />
        {chosen && (
          <Button
            size="xs"
            variant="default"
            rightSection={<Icon name="close" size={14} />}
            aria-label={`Not ${chosen.name} alone: everything again`}
            onClick={() => choose(null)}
          >
            {chosen.name}
          </Button>
        )}
      </Group>
      {usage.isError && (
        <Failure error={usage.error} what="Usage could not be read" retry={() => usage.refetch()} />
      )}
      {usage.isPending && <Skeleton h={240} />}
      {usage.data && <Shown series={usage.data} view={view} />}
      {project && <Breakdown project={project} span={span} choose={choose} />}
    </PageFrame>
  );
}

function Shown({ series, view }: { series: UsageSeries; view: string }) {
  const points = series.series[0]?.points ?? [];
  return (
    <>
      <Totals of={series.series[0]?.totals} />
      {view === "charts" ? <Charts series={series} /> : <NumbersTable points={points} />}
    </>
  );
}

function Totals({ of }: { of: SeriesPoint | undefined }) {
  const requests = of?.requests ?? 0;
  const share = requests > 0 ? (requests - (of?.failures ?? 0)) / requests : null;
  const traffic = (of?.bytes_received ?? 0) + (of?.bytes_sent ?? 0);
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Figure name="Requests" value={count(requests)} hint={`${count(of?.attempts ?? 0)} attempts`} />
      <Figure
        name="Success"
        value={share === null ? "–" : percent(share)}
        hint={of?.failures ? `${count(of.failures)} failed` : ""}
      />
      <Figure
        name="Latency, p95"
        value={milliseconds(of?.latency_ms.p95)}
        hint={of?.latency_ms.p50 == null ? "" : `p50 ${milliseconds(of.latency_ms.p50)}`}
      />
      <Figure name="Traffic" value={bytes(traffic)} hint={costs(of)} />
    </SimpleGrid>
  );
}

/** What it cost, where it cost anything. */
function costs(of: SeriesPoint | undefined): string {
  if (of === undefined || of.cost_micros === 0) return "it cost nothing";
  const each = of.cost_per_success_micros;
  const all = `cost ${cost(of.cost_micros / 1e6)}`;
  return each == null ? all : `${all}, ${cost(each / 1e6)} each success`;
}
