// A new key: what it may do, where, and until when.
import { Button, Group, MultiSelect, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createKey, keysQuery, type MadeKey } from "~/api/keys";
import { projectsQuery } from "~/api/projects";
import { may, type Role, useMe } from "~/api/session";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";

const ROLES = [
  { value: "viewer", label: "Viewer: reads" },
  { value: "editor", label: "Editor: changes projects" },
  { value: "admin", label: "Administrator: changes everything" },
];

const TIMES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
  { value: "", label: "Without end" },
];

/** When so many days from now are over; none: never. */
export function expiry(days: string, now: number = Date.now()): string | null {
  return days === "" ? null : new Date(now + Number(days) * 86_400_000).toISOString();
}

interface Props {
  onClose: () => void;
  onMade: (made: MadeKey) => void;
}

export function KeyForm({ onClose, onMade }: Props) {
  const queries = useQueryClient();
  const me = useMe();
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const form = useForm({
    initialValues: { name: "", role: "viewer", projects: [] as string[], expires_at: "90" },
  });
  // In some project a user with grants may be an editor, which their own role does not say.
  const roles = ROLES.filter(({ value }) =>
    me.grants == null ? may(me.role, value as Role) : value !== "admin",
  );
  const submit = useSubmit(
    form,
    ({ projects, expires_at, ...rest }) =>
      createKey({
        ...rest,
        projects: projects.length === 0 ? null : projects,
        expires_at: expiry(expires_at),
      } as Parameters<typeof createKey>[0]),
    (made) => {
      void queries.invalidateQueries({ queryKey: keysQuery.queryKey });
      onMade(made);
    },
  );
  return (
    <form onSubmit={submit.send}>
      <Stack gap="sm">
        <SubmitProblem of={submit} what="No key was made" />
        <TextInput
          label="Name"
          description="What uses it"
          required
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Select label="Role" data={roles} {...form.getInputProps("role")} />
        <MultiSelect
          label="Projects"
          placeholder={form.values.projects.length === 0 ? "All that you see" : undefined}
          data={projects.map(({ id, name }) => ({ value: id, label: name }))}
          searchable
          {...form.getInputProps("projects")}
        />
        <Select label="It is good for" data={TIMES} {...form.getInputProps("expires_at")} />
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={submit.busy}>
            Make the key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
