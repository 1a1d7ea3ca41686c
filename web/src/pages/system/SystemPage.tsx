// The installation itself: what runs, what it logs, which nodes there are.
import { Anchor } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clusterQuery, upToDate } from "~/api/cluster";
import { healthQuery } from "~/api/health";
import { Facts } from "~/parts/Facts";
import { count } from "~/parts/format";
import { PageFrame } from "~/parts/PageFrame";
import { Section } from "~/parts/Section";
import { StateLabel } from "~/parts/StateLabel";
import { LogFilterSection } from "./LogFilterSection";

export default function SystemPage() {
  const cluster = useSuspenseQuery(clusterQuery).data;
  const { data: health } = useQuery(healthQuery);
  const { members } = cluster;
  const state = health?.status ?? "unknown";
  return (
    <PageFrame title="System" about="What runs here, and what it logs.">
      <Section title="About">
        <Facts
          name="About"
          of={[
            ["Version", <span key="v" className="mono">{health?.version ?? "–"}</span>],
            ["State", <StateLabel key="s" state={state} />],
            ["Database", health?.database ?? "none: it is told by another node"],
            ["Redis", health?.coordination ?? "–"],
            ["Revision", `${count(cluster.revision)}, live on ${upToDate(cluster)} of ${members.length}`],
            [
              "Nodes",
              <Anchor key="n" component={Link} to="/cluster" size="sm">
                {members.map(({ id, role }) => `${id} (${role})`).join(", ")}
              </Anchor>,
            ],
            [
              "Reference",
              <Anchor key="r" href="/api/docs" size="sm">
                The API of this version
              </Anchor>,
            ],
          ]}
        />
      </Section>
      <LogFilterSection members={members} />
    </PageFrame>
  );
}
