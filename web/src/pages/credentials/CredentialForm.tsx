// A credential, new or changed. What is secret is typed anew or left as it is.
import { Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import {
  type Credential,
  changeCredential,
  createCredential,
  credentialsQuery,
} from "~/api/credentials";
import { ConflictNotice } from "~/forms/ConflictNotice";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { rowOf, useBase } from "~/forms/useBase";
import { useSubmit } from "~/forms/useSubmit";
import { done } from "~/parts/notices";

interface Props {
  project: string;
  row: Credential | null;
  onClose: () => void;
}

export function CredentialForm({ project, row, onClose }: Props) {
  const queries = useQueryClient();
  const { queryKey } = credentialsQuery(project);
  const form = useForm({
    initialValues: { name: row?.name ?? "", fields: { username: "", password: "" } },
  });
  const base = useBase(row, () => rowOf(queries.fetchQuery({ ...credentialsQuery(project), staleTime: 0 }), row?.id));
  const submit = useSubmit(
    form,
    ({ name, fields }) => {
      const typed = Object.entries(fields).filter(([, value]) => value !== "");
      const given = Object.fromEntries(typed);
      const current = base.current();
      if (current !== null) return changeCredential(current, { name, fields: given });
      return createCredential(project, { name, provider: "static", fields: given });
    },
    ({ name }) => {
      void queries.invalidateQueries({ queryKey });
      done(`Credential ${name} is saved.`);
      onClose();
    },
  );
  const kept = row === null ? undefined : "Unchanged";
  return (
    <form onSubmit={submit.send}>
      <Stack gap="sm">
        <SubmitProblem of={submit} what="The credential was not saved" />
        <ConflictNotice of={submit} mine={base.again} theirs={() => base.again().then(onClose)} />
        <TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
        <TextInput
          label="Username at the provider"
          required={row === null}
          placeholder={kept}
          autoComplete="off"
          {...form.getInputProps("fields.username")}
        />
        <PasswordInput
          label="Password at the provider"
          description="Stored encrypted, and never shown again."
          placeholder={kept}
          autoComplete="new-password"
          {...form.getInputProps("fields.password")}
        />
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
