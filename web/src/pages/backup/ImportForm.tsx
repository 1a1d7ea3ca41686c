// A backup to put in the place of all that there is: first what would come, then the deed.
import { Button, FileInput, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Imported, importBackup } from "~/api/backup";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { Confirm } from "~/parts/Confirm";
import { dateTime } from "~/parts/format";
import { done } from "~/parts/notices";
import { Section } from "~/parts/Section";
import { WhatComes } from "./WhatComes";

/** As the node names it, so that what it says of it stands beside the field. */
const PHRASE = "Backup-Passphrase";

export function ImportForm() {
  const queries = useQueryClient();
  const [outcome, setOutcome] = useState<Imported | null>(null);
  const [asking, ask] = useState(false);
  const form = useForm({
    initialValues: { file: null as File | null, [PHRASE]: "" },
    validate: { file: (file) => (file === null ? "Choose a file" : null) },
    // What was seen of another file, or with another passphrase, does not count.
    onValuesChange: () => setOutcome(null),
  });
  const { file, [PHRASE]: phrase } = form.values;
  const submit = useSubmit(
    form,
    (values) => importBackup(values.file as File, values[PHRASE], true),
    setOutcome,
  );
  const restore = async () => {
    const imported = await importBackup(file as File, phrase, false);
    form.reset();
    setOutcome(imported);
    done("The backup is restored.");
    await queries.invalidateQueries();
  };
  return (
    <Section
      title="Restore a backup"
      about="First you see what would come. Nothing changes before you have said so."
    >
      <form onSubmit={submit.send}>
        <Stack gap="sm">
          <SubmitProblem of={submit} what="The backup could not be read" />
          <FileInput
            label="File"
            placeholder="octoprox-2026-01-31.backup"
            required
            clearable
            clearButtonProps={{ "aria-label": "Another file" }}
            {...form.getInputProps("file")}
          />
          <PasswordInput
            label="Its passphrase"
            autoComplete="off"
            required
            {...form.getInputProps(PHRASE)}
          />
          <Group>
            <Button
              type="submit"
              variant={outcome === null ? "filled" : "default"}
              loading={submit.busy}
              disabled={file === null || phrase === ""}
            >
              See what would come
            </Button>
          </Group>
        </Stack>
      </form>
      {outcome !== null && (
        <WhatComes of={outcome}>
          {outcome.dry_run && (
            <Group>
              <Button color="red.9" onClick={() => ask(true)}>
                Restore it…
              </Button>
            </Group>
          )}
        </WhatComes>
      )}
      <Confirm
        opened={asking}
        onClose={() => ask(false)}
        title="Replace everything by the backup?"
        verb="Restore the backup"
        word="restore"
        failure="Nothing was restored"
        run={restore}
      >
        Every project, connector, proxy, credential, root and user of now goes, on all nodes, and
        what was on {outcome === null ? "that day" : dateTime(outcome.created_at)} comes in their
        place. You keep your account; everybody else has to log in again.
      </Confirm>
    </Section>
  );
}
