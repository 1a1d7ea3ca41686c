// Which projects somebody sees, and what they may do in each.
import { Button, Group, NativeSelect, Radio, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { projectsQuery } from "~/api/projects";
import type { User } from "~/api/session";
import { changeUser, type Grants, grantsPatch, usersQuery } from "~/api/users";
import { ConflictNotice } from "~/forms/ConflictNotice";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { rowOf, useBase } from "~/forms/useBase";
import { useSubmit } from "~/forms/useSubmit";
import { done } from "~/parts/notices";

interface Values {
  which: string;
  /** By project; empty: they do not see it. */
  roles: Record<string, string>;
}

interface Props {
  row: User;
  onClose: () => void;
}

export function GrantsForm({ row, onClose }: Props) {
  const queries = useQueryClient();
  const { queryKey } = usersQuery;
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const base = useBase(row, () => rowOf(queries.fetchQuery({ ...usersQuery, staleTime: 0 }), row.id));
  const form = useForm<Values>({
    initialValues: { which: row.grants == null ? "all" : "some", roles: { ...row.grants } },
  });
  const submit = useSubmit(
    form,
    ({ which, roles }) => {
      const latest = base.current();
      const given = Object.entries(roles).filter(([, role]) => role !== "");
      const grants: Grants | null = which === "all" ? null : Object.fromEntries(given);
      return changeUser(latest, { grants: grantsPatch(latest.grants, grants) });
    },
    ({ username }) => {
      void queries.invalidateQueries({ queryKey });
      done(`The projects of ${username} are saved.`);
      onClose();
    },
  );
  const { which, roles } = form.values;
  return (
    <form onSubmit={submit.send}>
      <Stack gap="md">
        <SubmitProblem of={submit} what="The projects were not saved" />
        <ConflictNotice of={submit} mine={base.again} theirs={() => base.again().then(onClose)} />
        <Radio.Group label="They see" {...form.getInputProps("which")}>
          <Stack gap={6} mt={6}>
            <Radio value="all" label={`Every project, as ${row.role}`} />
            <Radio value="some" label="Some projects only, and nothing that is about all" />
          </Stack>
        </Radio.Group>
        {which === "some" && (
          <Stack gap={6}>
            {projects.length === 0 && (
              <Text size="sm" c="dimmed">
                There is no project yet.
              </Text>
            )}
            {projects.map(({ id, name }) => (
              <Group key={id} justify="space-between" wrap="nowrap">
                <Text size="sm">{name}</Text>
                <NativeSelect
                  aria-label={`Role in ${name}`}
                  size="xs"
                  w={130}
                  data={[
                    { value: "", label: "not at all" },
                    { value: "viewer", label: "viewer" },
                    { value: "editor", label: "editor" },
                  ]}
                  value={roles[id] ?? ""}
                  onChange={({ currentTarget: { value } }) =>
                    form.setFieldValue("roles", { ...roles, [id]: value })
                  }
                />
              </Group>
            ))}
          </Stack>
        )}
        <Group justify="flex-end">
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
