// The charts of one thing: how requests ended, how long they took, what they moved and cost.
import { SegmentedControl, SimpleGrid } from "@mantine/core";
import { useState } from "react";
import type { UsageSeries } from "~/api/usage";
import { bytes, compact, cost, milliseconds } from "~/parts/format";
import { TimeChart } from "~/parts/TimeChart";
import { layersOf, roundUp, timesOf } from "./numbers";

/** Good is green, the faults have one colour each; statuses likewise. */
const COLOURS = { outcomes: [1, 2, 4, 3, 5], statuses: [1, 2, 3, 4, 5] };

export function Charts({ series }: { series: UsageSeries }) {
  const [by, setBy] = useState<"outcomes" | "statuses">("outcomes");
  const times = timesOf(series);
  const points = series.series[0]?.points ?? [];
  const common = { times, top: roundUp };
  return (
    <>
      <SegmentedControl
        aria-label="Requests by what"
        size="xs"
        style={{ alignSelf: "flex-start" }}
        data={[
          { value: "outcomes", label: "By whose fault" },
          { value: "statuses", label: "By status" },
        ]}
        value={by}
        onChange={(value) => setBy(value as typeof by)}
      />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
        <TimeChart
          {...common}
          title="Requests"
          kind="stack"
          layers={layersOf(by, points, times)}
          colours={COLOURS[by]}
          format={compact}
        />
        <TimeChart
          {...common}
          title="Latency"
          kind="lines"
          layers={layersOf("latency", points, times)}
          colours={[1, 3, 4]}
          format={milliseconds}
          about="to the opened tunnel or the head of the answer"
        />
        <TimeChart
          {...common}
          title="Transferred"
          kind="stack"
          layers={layersOf("bytes", points, times)}
          colours={[2, 3]}
          format={bytes}
        />
        <TimeChart
          {...common}
          title="Cost"
          kind="stack"
          layers={layersOf("cost", points, times)}
          colours={[5]}
          format={cost}
          about="by the prices of the connectors"
        />
      </SimpleGrid>
    </>
  );
}
