// What the node said: the exit or the refusal, the stages, and who else was in question.
import { Alert, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { connectorsQuery } from "~/api/connectors";
import type { Explanation } from "~/api/explain";
import { ExitName } from "~/parts/ExitName";
import { duration } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { Section } from "~/parts/Section";
import { Candidates } from "./Candidates";
import { ConnectorShares } from "./ConnectorShares";
import { Stages } from "./Stages";

export function Outcome({ project, answer }: { project: string; answer: Explanation }) {
  const { data } = useQuery(connectorsQuery(project));
  const names = new Map(data?.items.map(({ id, name }) => [id, name]));
  const { refusal, exit, session_exit, stages, candidates, connectors, strategy } = answer;
  return (
    <Stack gap="md" role="region" aria-label="What would become of it" aria-live="polite">
      {refusal ? (
        <Refusal of={refusal} />
      ) : (
        <Paper p="md">
          <Text size="sm" c="dimmed">
            It would leave through
          </Text>
          <Title order={2}>{exit ? <ExitName project={project} id={exit} /> : "No exit"}</Title>
          <Text size="sm" c="dimmed" mt={4}>
            Strategy {strategy}, revision {answer.revision}
            {answer.why && <> · <span className="mono">{answer.why}</span></>}
          </Text>
        </Paper>
      )}
      {session_exit && (
        <Group gap={6}>
          <Text size="sm">
            {session_exit === exit
              ? "It is the exit that the session is bound to."
              : "The session is bound to another exit, which cannot be used now:"}
          </Text>
          {session_exit !== exit && <ExitName project={project} id={session_exit} />}
        </Group>
      )}
      {stages.length > 0 ? (
        <Section title="Stage by stage" about="How many exits pass each, and all before it.">
          <Stages stages={stages} />
        </Section>
      ) : (
        <Text size="sm" c="dimmed">
          It does not come to a choice between exits.
        </Text>
      )}
      {candidates.length > 0 && (
        <Candidates project={project} rows={candidates} names={names} />
      )}
      {connectors.length > 1 && <ConnectorShares rows={connectors} names={names} />}
    </Stack>
  );
}

function Refusal({ of }: { of: NonNullable<Explanation["refusal"]> }) {
  const { status, error, detail, retry_after_seconds } = of;
  return (
    <Alert
      variant="light"
      color="red"
      icon={<Icon name="warning" />}
      title={`It would be refused with ${status}`}
    >
      <Text size="sm">
        {detail.charAt(0).toUpperCase() + detail.slice(1)}.
        {retry_after_seconds && ` Trying again makes sense after ${duration(retry_after_seconds)}.`}
      </Text>
      <Text size="sm" c="dimmed">
        In <code>Proxy-Status</code>: <code>{error}</code>
      </Text>
    </Alert>
  );
}
