// Everything that an operator decides about a project.
import { Button, Group, Paper, Stack, Tabs } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { changeProject, projectQuery, useProject } from "~/api/projects";
import { useMay } from "~/api/session";
import { ConflictNotice } from "~/forms/ConflictNotice";
import { changes } from "~/forms/changes";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useBase } from "~/forms/useBase";
import { useSubmit } from "~/forms/useSubmit";
import { count } from "~/parts/format";
import { done } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";
import { Bans } from "./Bans";
import { Danger } from "./Danger";
import { General } from "./General";
import { Health } from "./Health";
import { Inspection } from "./Inspection";
import { Interception } from "./Interception";
import { Rewrites } from "./Rewrites";
import { Rotation } from "./Rotation";
import classes from "./SettingsPage.module.css";
import { Targets } from "./Targets";
import { settingsOf, tabOf, type Values, valuesOf } from "./values";

const TABS = [
  { value: "general", label: "General", Part: General },
  { value: "rotation", label: "Rotation", Part: Rotation },
  { value: "targets", label: "Targets", Part: Targets },
  { value: "health", label: "Health checks", Part: Health },
  { value: "interception", label: "Interception", Part: Interception },
  { value: "bans", label: "Ban rules", Part: Bans },
  { value: "rewrites", label: "Rewrites", Part: Rewrites },
  { value: "inspection", label: "Inspection", Part: Inspection },
];

export default function SettingsPage() {
  const project = useProject();
  // Another project is another form.
  return <ProjectSettings key={project.id} />;
}

function ProjectSettings() {
  const project = useProject();
  const queries = useQueryClient();
  const mayEdit = useMay("editor");
  const { queryKey } = projectQuery(project.id);
  const form = useForm<Values>({ initialValues: valuesOf(project) });
  const before = () => settingsOf(form.getInitialValues());
  const base = useBase(project, () => queries.fetchQuery({ ...projectQuery(project.id), staleTime: 0 }));
  const adopt = (row: typeof project) => {
    base.adopt(row);
    form.setInitialValues(valuesOf(row));
    form.setValues(valuesOf(row));
    form.resetDirty();
  };
  const submit = useSubmit(
    form,
    (values) => changeProject(base.current(), changes(before(), settingsOf(values))),
    (row) => {
      queries.setQueryData(queryKey, row);
      void queries.invalidateQueries({ queryKey: ["projects"] });
      adopt(row);
      done(`The settings of ${row.name} are saved.`);
    },
  );
  const changed = Object.keys(changes(before(), settingsOf(form.values))).length;
  const wrong = new Set(Object.keys(form.errors).map(tabOf));
  return (
    <PageFrame title="Settings" about={`What project ${project.name} does with requests.`}>
      <form onSubmit={submit.send}>
        <Stack gap="md">
          <SubmitProblem of={submit} what="The settings were not saved" />
          <ConflictNotice of={submit} mine={base.again} theirs={() => base.again().then(adopt)} />
          <Tabs defaultValue="general" keepMounted={false} activateTabWithKeyboard={false}>
            <Tabs.List mb="md">
              {TABS.map(({ value, label }) => (
                <Tabs.Tab key={value} value={value} c={wrong.has(value) ? "var(--bad)" : undefined}>
                  {wrong.has(value) ? `${label} !` : label}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {TABS.map(({ value, Part }) => (
              <Tabs.Panel key={value} value={value} maw={860}>
                <fieldset className={classes.fields} disabled={!mayEdit}>
                  <Part form={form} />
                </fieldset>
                {value === "general" && mayEdit && <Danger />}
              </Tabs.Panel>
            ))}
          </Tabs>
          {mayEdit && (changed > 0 || submit.busy) && (
            <Paper className={classes.bar} p="sm" shadow="md">
              <Group justify="space-between">
                <span>
                  {count(changed)} {changed === 1 ? "setting" : "settings"} changed, not saved yet
                </span>
                <Group gap="xs">
                  <Button variant="default" onClick={() => form.reset()}>
                    Take back
                  </Button>
                  <Button type="submit" loading={submit.busy}>
                    Save
                  </Button>
                </Group>
              </Group>
            </Paper>
          )}
        </Stack>
      </form>
    </PageFrame>
  );
}
