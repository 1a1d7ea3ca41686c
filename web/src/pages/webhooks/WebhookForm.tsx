// A webhook, new or changed: where it is, what it is told of.
import { Button, Group, MultiSelect, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KINDS } from "~/api/alerts";
import { projectsQuery } from "~/api/projects";
import { may, roleIn, useMe } from "~/api/session";
import { changeWebhook, createWebhook, type MadeWebhook, type Webhook, webhooksQuery } from "~/api/webhooks";
import { ConflictNotice } from "~/forms/ConflictNotice";
import { changes } from "~/forms/changes";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { rowOf, useBase } from "~/forms/useBase";
import { useSubmit } from "~/forms/useSubmit";
import { done } from "~/parts/notices";

interface Props {
  row: Webhook | null;
  onClose: () => void;
  /** Its secret is shown once. */
  onMade: (made: MadeWebhook) => void;
}

interface Values {
  name: string;
  url: string;
  project_id: string;
  events: string[];
  enabled: boolean;
}

const sent = ({ events, project_id: _project, ...rest }: Values) => ({
  ...rest,
  events: events.length === 0 ? null : events,
});

export function WebhookForm({ row, onClose, onMade }: Props) {
  const queries = useQueryClient();
  const me = useMe();
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const own = projects.filter(({ id }) => may(roleIn(me, id), "editor"));
  const all = may(roleIn(me, null), "admin") ? [{ value: "", label: "Every project, and the installation" }] : [];
  const before: Values = {
    name: row?.name ?? "",
    url: row?.url ?? "https://",
    project_id: row?.project_id ?? "",
    events: row?.events ?? [],
    enabled: row?.enabled ?? true,
  };
  const form = useForm<Values>({ initialValues: before });
  const base = useBase(row, () => rowOf(queries.fetchQuery({ ...webhooksQuery, staleTime: 0 }), row?.id));
  const submit = useSubmit(
    form,
    (values): Promise<Webhook | MadeWebhook> => {
      const current = base.current();
      if (current !== null) return changeWebhook(current, changes(sent(before), sent(values)) as object);
      const project_id = values.project_id === "" ? null : values.project_id;
      return createWebhook({ ...sent(values), project_id } as Parameters<typeof createWebhook>[0]);
    },
    (saved) => {
      void queries.invalidateQueries({ queryKey: webhooksQuery.queryKey });
      if (row === null) return onMade(saved as MadeWebhook);
      done(`Webhook ${saved.name} is saved.`);
      onClose();
    },
  );
  return (
    <form onSubmit={submit.send}>
      <Stack gap="sm">
        <SubmitProblem of={submit} what="The webhook was not saved" />
        <ConflictNotice of={submit} mine={base.again} theirs={() => base.again().then(onClose)} />
        <TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
        <TextInput
          label="Address"
          description="Events are posted there; redirects are not followed"
          required
          classNames={{ input: "mono" }}
          {...form.getInputProps("url")}
        />
        {row === null && (
          <Select
            label="Alerts of"
            placeholder="Choose a project"
            required={all.length === 0}
            data={[...all, ...own.map(({ id, name }) => ({ value: id, label: name }))]}
            {...form.getInputProps("project_id")}
          />
        )}
        <MultiSelect
          label="Kinds"
          placeholder={form.values.events.length === 0 ? "Every kind" : undefined}
          data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
          {...form.getInputProps("events")}
        />
        <Switch label="On" {...form.getInputProps("enabled", { type: "checkbox" })} />
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={submit.busy}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
