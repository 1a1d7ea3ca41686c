// Inviting somebody: they set their own password, by a link that is shown once.
import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { createUser, type Invited, usersQuery } from "~/api/users";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { ShownOnce } from "~/parts/ShownOnce";

const ROLES = [
  { value: "viewer", label: "Viewer: looks" },
  { value: "editor", label: "Editor: changes projects" },
  { value: "admin", label: "Administrator: changes everything" },
];

interface Props {
  onClose: () => void;
  onInvited: (invited: Invited) => void;
}

export function InviteForm({ onClose, onInvited }: Props) {
  const queries = useQueryClient();
  const form = useForm({ initialValues: { username: "", email: "", role: "viewer" } });
  const submit = useSubmit(form, createUser, (invited) => {
    void queries.invalidateQueries({ queryKey: usersQuery.queryKey });
    onInvited(invited);
  });
  return (
    <form onSubmit={submit.send}>
      <Stack gap="sm">
        <SubmitProblem of={submit} what="Nobody was invited" />
        <TextInput label="Username" required data-autofocus {...form.getInputProps("username")} />
        <TextInput label="Email" type="email" {...form.getInputProps("email")} />
        <Select label="Role" data={ROLES} {...form.getInputProps("role")} />
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={submit.busy}>
            Make the link
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function InviteLink({ invited, onClose }: { invited: Invited; onClose: () => void }) {
  return (
    <ShownOnce
      name="Invitation link"
      value={invited.invite_url ?? ""}
      copy="Copy the link"
      onClose={onClose}
    >
      Send this link to {invited.username} by a way that nobody else reads. It works once, and is not
      shown again.
    </ShownOnce>
  );
}
