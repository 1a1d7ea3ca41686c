// One exchange: what is known of it, every attempt, and the way to why it took its exit.
import { Anchor, Button, Drawer, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import {
  type Exchange,
  type ExchangeDetail,
  type ExchangeFilter,
  exchangeQuery,
  targetOf,
} from "~/api/exchanges";
import { ExitName } from "~/parts/ExitName";
import { type Fact, Facts } from "~/parts/Facts";
import { Failure } from "~/parts/Failure";
import { bytes, clockTime, dateTime, milliseconds } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { StatusLabel } from "~/parts/StatusLabel";
import { Attempts } from "./Attempts";

const KINDS: Record<string, string> = {
  connect: "Tunnel (CONNECT)",
  http: "Plain HTTP",
  socks: "SOCKS",
  intercepted: "HTTPS, opened by interception",
};

interface Props {
  exchange: Exchange | null;
  onClose: () => void;
  /** Lists only what fits this. */
  only: (filter: ExchangeFilter) => void;
}

export function ExchangeDrawer({ exchange, onClose, only }: Props) {
  return (
    <Drawer
      opened={exchange !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title="Exchange"
    >
      {exchange !== null && <Detail key={exchange.id} row={exchange} only={only} />}
    </Drawer>
  );
}

/** What to ask of the choice: the same target, and the same session where there was one. */
export function questionOf(row: Exchange): { target: string; parameters?: string; client?: string } {
  const target = row.kind === "http" ? `http://${targetOf(row)}/` : targetOf(row);
  const client = /^\[?([^\]]*?)\]?:\d+$/.exec(row.client)?.[1] ?? row.client;
  return { target, parameters: row.session ? `-session-${row.session}` : undefined, client };
}

function Detail({ row, only }: { row: Exchange; only: Props["only"] }) {
  const { data, error, refetch } = useQuery(exchangeQuery(row.id));
  const { project_id: project } = row;
  return (
    <Stack gap="md">
      <Text className="mono" style={{ overflowWrap: "anywhere" }}>
        <b>{row.method ?? row.kind.toUpperCase()}</b> {targetOf(row)}
      </Text>
      <Facts of={facts(row, only)} />
      {error !== null && (
        <Failure error={error} what="The attempts could not be read" retry={() => void refetch()} />
      )}
      {data === undefined && error === null && <Skeleton h={80} />}
      {data !== undefined && <Attempts of={data} />}
      {data?.why && <Why why={data.why} />}
      {project != null && row.host != null && (
        <Group>
          <Button
            component={Link}
            to={`/projects/${project}/explain`}
            search={questionOf(row) as never}
            variant="default"
            leftSection={<Icon name="why" size={16} />}
          >
            Why this exit
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Why({ why }: { why: NonNullable<ExchangeDetail["why"]> }) {
  return (
    <Text size="sm">
      Chosen by <span className="mono">{why}</span>
    </Text>
  );
}

function facts(row: Exchange, only: Props["only"]): Fact[] {
  const { project_id: project, exit, session } = row;
  const link = (filter: ExchangeFilter) => (
    <Anchor component="button" type="button" size="sm" onClick={() => only(filter)}>
      Only these
    </Anchor>
  );
  const name = exit && (project ? <ExitName project={project} id={exit} /> : exit);
  return [
    ["Answered", <StatusLabel key="s" status={row.status} />],
    ["Fault", row.blame == null ? "None" : `${row.blame}: ${row.error ?? "unknown"}`],
    ["Banned by", row.banned_by ?? "No rule"],
    ["Started", `${dateTime(row.started_at).slice(0, 10)} ${clockTime(row.started_at)}`],
    ["Took", `${milliseconds(row.duration_ms)}, ${milliseconds(row.latency_ms)} to the first answer`],
    ["How", KINDS[row.kind] ?? row.kind],
    ["Client", <span key="c" className="mono">{row.client}</span>],
    ["Exit", exit == null ? "None" : <Group key="e" gap="xs">{name}{row.country}{link({ exit })}</Group>],
    [
      "Session",
      session == null ? "None" : (
        <Group key="n" gap="xs">
          <span className="mono">{session}</span>
          {link({ session })}
        </Group>
      ),
    ],
    ["Transferred", `${bytes(row.bytes_sent)} sent, ${bytes(row.bytes_received)} received`],
    ["Node", <span key="o" className="mono">{row.node}</span>],
    ["Request id", <span key="i" className="mono" style={{ overflowWrap: "anywhere" }}>{row.id}</span>],
  ];
}
