// Ban rules, tried on what was recorded and what somebody pastes before they judge real answers.
import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeProject, projectQuery, useProject, useProjectId } from "~/api/projects";
import { useMay } from "~/api/session";
import { tryRules, type Verdicts } from "~/api/trials";
import { changes } from "~/forms/changes";
import { ConflictNotice } from "~/forms/ConflictNotice";
import { type Submission, useSubmit } from "~/forms/useSubmit";
import { Bans } from "~/pages/settings/Bans";
import { settingsOf, type Values, valuesOf } from "~/pages/settings/values";
import { Failure } from "~/parts/Failure";
import { done } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";
import { Section } from "~/parts/Section";
import { parseAnswer } from "./pasted";
import { Results } from "./Results";
import { type Sources, TriedOn } from "./TriedOn";

export default function LabPage() {
  // What was typed belongs to its project.
  return <Lab key={useProjectId()} />;
}

interface Tried {
  verdicts: Verdicts;
  /** The rules that were tried, to tell when these are others. */
  rules: string;
}

function Lab() {
  const project = useProject();
  const queries = useQueryClient();
  const mayEdit = useMay("editor");
  const { queryKey } = projectQuery(project.id);
  const form = useForm<Values>({ initialValues: valuesOf(project) });
  const [sources, setSources] = useState<Sources>({ latest: 200, host: "", pasted: [] });
  const [tried, setTried] = useState<Tried | null>(null);
  const rulesOf = (values: Values) => settingsOf(values).bans ?? [];
  const trying = useSubmit(
    form,
    async (values) => {
      const { latest, host, pasted } = sources;
      const rules = rulesOf(values);
      const answers = pasted.map(parseAnswer).filter((answer) => answer !== null);
      const trial = { rules, answers, latest, host: host.trim() || undefined };
      return { verdicts: await tryRules(project.id, trial), rules: JSON.stringify(rules) };
    },
    setTried,
  );
  const latest = () => queries.getQueryData(queryKey) ?? project;
  const adopt = (row: typeof project) => {
    form.setInitialValues(valuesOf(row));
    form.setValues(valuesOf(row));
    form.resetDirty();
  };
  const changed = (values: Values) => {
    const { bans } = changes(settingsOf(form.getInitialValues()), settingsOf(values));
    return bans === undefined ? {} : { bans };
  };
  const saving = useSubmit(
    form,
    (values) => changeProject(latest(), changed(values)),
    (row) => {
      queries.setQueryData(queryKey, row);
      adopt(row);
      done(`The ban rules of ${row.name} are saved.`);
    },
  );
  const again = () => queries.fetchQuery({ ...projectQuery(project.id), staleTime: 0 });
  const unreadable = sources.pasted.some((pasted) => parseAnswer(pasted) === null);
  const nothing = sources.latest === 0 && sources.pasted.length === 0;
  const isChanged = Object.keys(changed(form.values)).length > 0;
  const isStale = tried !== null && tried.rules !== JSON.stringify(rulesOf(form.values));
  return (
    <PageFrame
      title="Rules lab"
      about="Try ban rules on answers before they judge real ones. Nothing changes until you save them."
    >
      <Stack gap="md" maw={1000}>
        <Mistakes of={trying} what="The rules could not be tried" />
        <Mistakes of={saving} what="The rules were not saved" />
        <ConflictNotice of={saving} mine={again} theirs={() => again().then(adopt)} />
        <Section title="Rules" about="Those of the project; what you change here is only tried.">
          <Bans form={form} />
        </Section>
        <Section title="Tried on">
          <TriedOn value={sources} onChange={setSources} verdicts={tried?.verdicts.answers} />
        </Section>
        <Paper p="sm" component="form" onSubmit={trying.send}>
          <Group justify="space-between" gap="sm">
            <Text size="sm" c="dimmed" role="status">
              {isStale
                ? "The rules were changed since: what stands below is of the former ones."
                : isChanged
                  ? "The rules here differ from those of the project."
                  : "These are the rules of the project."}
            </Text>
            <Group gap="xs">
              {mayEdit && isChanged && (
                <>
                  <Button variant="subtle" onClick={() => form.reset()}>
                    Take back
                  </Button>
                  <Button variant="default" loading={saving.busy} onClick={() => saving.send()}>
                    Save to the project
                  </Button>
                </>
              )}
              <Button
                type="submit"
                loading={trying.busy}
                disabled={form.values.bans.length === 0 || unreadable || nothing}
              >
                Try them
              </Button>
            </Group>
          </Group>
        </Paper>
        {tried !== null && (
          <Results verdicts={tried.verdicts} rules={form.values.bans} recorded={sources.latest > 0} />
        )}
      </Stack>
    </PageFrame>
  );
}

/** All of them: the field that one is about may stand in a rule that is folded up. */
function Mistakes({ of: { problem }, what }: { of: Submission; what: string }) {
  if (problem === null || problem.isConflict) return null;
  return <Failure error={problem} what={what} />;
}
