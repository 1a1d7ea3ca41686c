// What everybody has to know, whatever page they are on: something is away.
import { Alert } from "@mantine/core";
import { type Health, useConnection } from "~/api/health";
import { Icon } from "~/parts/Icon";

/** What is wrong, what goes on all the same, and what to look at. */
export function warning(connection: string, health: Health | undefined): string | null {
  if (connection === "away")
    return "The node does not answer. What you see may be old; nothing you do will be saved until it is back.";
  if (health === undefined) return null;
  if (health.database === "unavailable")
    return "The database is not available. Traffic goes on from what nodes know; changes are refused until it is back.";
  if (health.coordination === "degraded")
    return "Coordination degraded: Redis is away. Traffic goes on, each node keeps limits with a share of its own, and work that one node does for all pauses.";
  if (health.status === "draining") return "This node is about to end: it takes no new traffic.";
  return null;
}

export function Banner() {
  const { connection, health } = useConnection();
  const text = warning(connection, health);
  if (text === null) return null;
  return (
    <Alert color="yellow" icon={<Icon name="warning" />} mb="md" role="status" variant="light">
      {text}
    </Alert>
  );
}
