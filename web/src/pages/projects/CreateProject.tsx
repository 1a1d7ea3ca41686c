// A new project: its name, and the login that its clients will use.
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { createProject } from "~/api/projects";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { done } from "~/parts/notices";
import { rememberPassword } from "~/pages/connect/passwords";
import { loginOf, makePassword } from "./password";

interface Props {
  opened: boolean;
  onClose: () => void;
}

export function CreateProject(props: Props) {
  return (
    <Modal {...props} title="New project">
      <NewProjectForm onClose={props.onClose} />
    </Modal>
  );
}

function NewProjectForm({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: "", description: "", username: "", password: makePassword() },
  });
  const submit = useSubmit(form, createProject, async (project) => {
    rememberPassword(project.id, form.getValues().password);
    void queries.invalidateQueries({ queryKey: ["projects"] });
    done(`Project ${project.name} is there.`);
    onClose();
    await navigate({ to: `/projects/${project.id}` });
  });
  const rename = (name: string) => {
    const { username, name: before } = form.getValues();
    form.setFieldValue("name", name);
    // The login follows the name until somebody writes another.
    if (username === loginOf(before)) form.setFieldValue("username", loginOf(name));
  };
  return (
    <form onSubmit={submit.send}>
      <Stack gap="sm">
        <SubmitProblem of={submit} what="The project was not created" />
        <TextInput
          label="Name"
          required
          data-autofocus
          {...form.getInputProps("name")}
          onChange={(event) => rename(event.currentTarget.value)}
        />
        <TextInput
          label="Login"
          description="The username in the proxy's address; parameters are added to it."
          required
          {...form.getInputProps("username")}
        />
        <TextInput
          label="Password"
          description="Copy it now: it is stored as a digest and never shown again."
          required
          className="mono"
          {...form.getInputProps("password")}
        />
        <TextInput label="Description" {...form.getInputProps("description")} />
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={submit.busy}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
