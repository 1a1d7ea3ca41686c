// The end of a project.
import { Button, Divider, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { deleteProject, useProject } from "~/api/projects";
import { Confirm } from "~/parts/Confirm";
import { done } from "~/parts/notices";

export function Danger() {
  const project = useProject();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asking, ask] = useState(false);
  const run = async () => {
    await deleteProject(project);
    await navigate({ to: "/projects" });
    queries.removeQueries({ queryKey: ["projects", project.id] });
    await queries.invalidateQueries({ queryKey: ["projects"] });
    done(`Project ${project.name} is gone.`);
  };
  return (
    <>
      <Divider my="lg" />
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          Deleting a project takes its connectors, credentials and proxies with it.
        </Text>
        <Button variant="default" c="var(--bad)" onClick={() => ask(true)}>
          Delete the project
        </Button>
      </Group>
      <Confirm
        opened={asking}
        onClose={() => ask(false)}
        title={`Delete ${project.name}?`}
        verb="Delete the project"
        word={project.name}
        run={run}
      >
        Its clients are turned away at once. Nothing of it comes back; to stop it for a while, turn
        it off instead.
      </Confirm>
    </>
  );
}
