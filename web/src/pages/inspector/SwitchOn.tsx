// Where nothing is recorded because nothing is to be: how that is switched on.
import { Anchor, Button, Group } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { changeProject, projectQuery, useProject } from "~/api/projects";
import { useMay } from "~/api/session";
import { Empty } from "~/parts/Empty";
import { done, failed } from "~/parts/notices";

/** Enough of most pages to see what they are. */
const BODY_BYTES = 4096;

export function SwitchOn() {
  const project = useProject();
  const queries = useQueryClient();
  const mayEdit = useMay("editor");
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    const { keep, body_bytes } = project.inspection;
    const inspection = { permille: 1000, keep, body_bytes: body_bytes || BODY_BYTES };
    try {
      queries.setQueryData(
        projectQuery(project.id).queryKey,
        await changeProject(project, { inspection }),
      );
      done("Every exchange is recorded from now on.");
    } catch (error) {
      failed("Inspection was not switched on", error);
      void queries.invalidateQueries({ queryKey: projectQuery(project.id).queryKey, exact: true });
    } finally {
      setBusy(false);
    }
  };
  const action = mayEdit && (
    <Group gap="sm" justify="center" mt="xs">
      <Button loading={busy} onClick={() => void run()}>
        Record every exchange
      </Button>
      <Anchor component={Link} to={`/projects/${project.id}/settings`} size="sm">
        Choose how many in the settings
      </Anchor>
    </Group>
  );
  return (
    <Empty icon="inspector" title="Inspection is off" action={action}>
      {mayEdit
        ? "Switched on, each node keeps the latest exchanges of this project in its memory, with the beginning of their content. Inside of HTTPS they see what interception opens."
        : "An editor can switch it on under Settings, Inspection. Each node then keeps the latest exchanges in its memory."}
    </Empty>
  );
}
