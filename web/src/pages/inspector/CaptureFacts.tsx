// What is known of an exchange besides its messages: its way, its times, its TLS.
import { Anchor, Badge, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Capture, CaptureFilter, Hello } from "~/api/captures";
import { onlyExit } from "~/pages/explain/asking";
import { ExitName } from "~/parts/ExitName";
import { type Fact, Facts } from "~/parts/Facts";
import { bytes, clockTime, dateTime } from "~/parts/format";
import { StatusLabel } from "~/parts/StatusLabel";
import { Timings } from "./Timings";

const KINDS: Record<string, string> = {
  connect: "Tunnel (CONNECT): what is inside is not seen",
  http: "Plain HTTP",
  socks: "SOCKS",
  intercepted: "HTTPS, opened by interception",
};

interface Props {
  project: string;
  capture: Capture;
  only: (filter: CaptureFilter) => void;
}

export function CaptureFacts({ project, capture, only }: Props) {
  const { status, exit, session, protocols, client_tls, sent_tls } = capture;
  const link = (filter: CaptureFilter) => (
    <Anchor component="button" type="button" size="sm" onClick={() => only(filter)}>
      Only these
    </Anchor>
  );
  const ways = [protocols.client, protocols.target].map((name) => name ?? "unknown");
  const facts: Fact[] = [
    ["Answered", <StatusLabel key="s" status={status} />],
    ["Started", `${dateTime(capture.started_at).slice(0, 10)} ${clockTime(capture.started_at)}`],
    ["How", KINDS[capture.kind] ?? capture.kind],
    ["Client", <span key="c" className="mono">{capture.client}</span>],
    ["Target", <span key="t" className="mono" style={{ overflowWrap: "anywhere" }}>{capture.target}</span>],
    [
      "Exit",
      exit == null ? "None" : (
        <Group key="e" gap="xs">
          <ExitName project={project} id={exit} />
          {link({ exit })}
          <Anchor
            component={Link}
            to={`/projects/${project}/explain`}
            search={{ target: capture.url, parameters: onlyExit(exit) } as never}
            size="sm"
          >
            Why this exit
          </Anchor>
        </Group>
      ),
    ],
    ["Attempts", `${capture.attempts} ${capture.attempts === 1 ? "exit was" : "exits were"} tried`],
    [
      "Session",
      session == null ? "None" : (
        <Group key="n" gap="xs">
          <span className="mono">{session}</span>
          {link({ session })}
        </Group>
      ),
    ],
    ["Fault", capture.blame ?? "None"],
    ["Banned by", capture.banned_by ?? "No rule"],
    ["Protocols", `${ways[0]} from the client, ${ways[1]} to the target`],
    ["Transferred", `${bytes(capture.bytes_sent)} sent, ${bytes(capture.bytes_received)} received`],
  ];
  if (capture.tags.length > 0) {
    facts.push(["Tags", <Group key="g" gap={4}>{capture.tags.map((tag) => <Badge key={tag} variant="default">{tag}</Badge>)}</Group>]);
  }
  return (
    <Stack gap="lg">
      <Facts of={facts} />
      <Timings of={capture.timings_ms} />
      {(client_tls != null || sent_tls != null) && <Hellos client={client_tls} sent={sent_tls} />}
    </Stack>
  );
}

function Hellos({ client, sent }: { client?: Hello | null; sent?: Hello | null }) {
  const sides: [string, Hello | null | undefined][] = [
    ["What the client sent", client],
    ["What the target saw", sent],
  ];
  return (
    <Stack gap="xs">
      <Title order={3}>TLS</Title>
      {sides.map(([name, hello]) => (
        <div key={name}>
          <Text size="sm" c="dimmed">
            {name}
          </Text>
          {hello == null ? (
            <Text size="sm">Not known</Text>
          ) : (
            <Text size="sm" className="mono" style={{ overflowWrap: "anywhere" }}>
              JA4 {hello.ja4}
              <br />
              JA3 {hello.ja3}
            </Text>
          )}
        </div>
      ))}
    </Stack>
  );
}
