// What the rules would have done: each with its share of the pool, and which answers it were.
import { Alert, Stack } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useProjectId } from "~/api/projects";
import type { Verdicts } from "~/api/trials";
import { Empty } from "~/parts/Empty";
import { count } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { CaptureVerdicts } from "./CaptureVerdicts";
import { RuleTrials } from "./RuleTrials";

interface Props {
  verdicts: Verdicts;
  rules: { name: string; max_share: number; dry_run: boolean }[];
  /** Whether recorded exchanges were asked for. */
  recorded: boolean;
}

export function Results({ verdicts, rules, recorded }: Props) {
  const { captures, unanswered } = verdicts;
  const project = useProjectId();
  return (
    <Stack gap="md" role="region" aria-label="What the rules say">
      {unanswered.length > 0 && (
        <Alert variant="light" color="yellow" icon={<Icon name="warning" />}>
          {count(unanswered.length)} {unanswered.length === 1 ? "node has" : "nodes have"} not
          answered: what they have recorded is not in here.
        </Alert>
      )}
      {recorded && captures.length === 0 && (
        <Empty icon="inspector" title="No record to try them on">
          Nothing that fits is recorded. Switch inspection on in the{" "}
          <Link to={`/projects/${project}/captures`}>inspector</Link> and send some requests, or
          paste an answer.
        </Empty>
      )}
      {captures.length > 0 && (
        <>
          <RuleTrials trials={verdicts.rules} rules={rules} of={captures.length} />
          <CaptureVerdicts rows={captures} />
        </>
      )}
    </Stack>
  );
}
