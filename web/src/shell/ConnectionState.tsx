// Whether what is shown is up to date: in the header, on every page.
import { Tooltip } from "@mantine/core";
import { type Connection, useConnection } from "~/api/health";
import classes from "./Shell.module.css";

const WORDS: Record<Connection, string> = {
  connecting: "Connecting",
  live: "Live",
  degraded: "Degraded",
  away: "No connection",
};

export function ConnectionState() {
  const { connection, health } = useConnection();
  const node = health && `Node ${health.instance_id} · version ${health.version}`;
  const about = connection === "away" ? "The node does not answer; trying again." : node;
  return (
    <Tooltip label={about ?? "Asking the node how it is."}>
      <span className={classes.state} role="status" tabIndex={0}>
        <span className={classes.dot} data-state={connection} />
        <span className={classes.stateWords}>{WORDS[connection]}</span>
      </span>
    </Tooltip>
  );
}
