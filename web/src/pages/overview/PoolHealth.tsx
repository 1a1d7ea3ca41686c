// The pool as one bar: how many of its exits are in which state.
import { Anchor, Group, Paper, Skeleton, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Pool, PoolStatuses } from "~/api/pool";
import type { Proxy } from "~/api/proxies";
import { count } from "~/parts/format";
import { StateLabel, toneOf } from "~/parts/StateLabel";
import classes from "./PoolHealth.module.css";

const ORDER = [
  "healthy",
  "degraded",
  "quarantined",
  "unhealthy",
  "initializing",
  "draining",
  "terminating",
  "unknown",
  "disabled",
] as const;

/** The state of an exit in one word, with what an operator decided first. */
export function stateOf(proxy: Pick<Proxy, "enabled" | "health">): string {
  if (!proxy.enabled) return "off";
  if (proxy.health.quarantined_seconds) return "resting";
  return proxy.health.status;
}

/** How many are in each state, the good ones first. */
export function states(statuses: PoolStatuses): [string, number][] {
  return ORDER.map((state): [string, number] => [state, statuses[state]]).filter(([, n]) => n > 0);
}

export function PoolHealth({ project, pool }: { project: string; pool: Pool | undefined }) {
  if (pool === undefined) return <Skeleton h={104} />;
  const parts = states(pool.statuses);
  return (
    <Paper p="md" component="section" aria-label="Health of the pool">
      <Group justify="space-between">
        <Title order={2}>Pool</Title>
        <Anchor component={Link} to={`/projects/${project}/proxies`} size="sm">
          {count(pool.total)} {pool.total === 1 ? "exit" : "exits"}
        </Anchor>
      </Group>
      <div className={classes.bar} aria-hidden="true">
        {parts.map(([state, n]) => (
          <span
            key={state}
            className={classes.part}
            data-tone={toneOf(state)}
            style={{ flexGrow: n }}
          />
        ))}
      </div>
      <Group gap="lg">
        {parts.map(([state, n]) => (
          <Group key={state} gap={6}>
            <StateLabel state={state} />
            <Text size="sm" className="numbers" fw={600}>
              {count(n)}
            </Text>
          </Group>
        ))}
      </Group>
    </Paper>
  );
}
