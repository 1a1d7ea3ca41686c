// A backup to download, sealed with a passphrase that is typed twice.
import { Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { exportBackup } from "~/api/backup";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { download } from "~/parts/download";
import { Icon } from "~/parts/Icon";
import { done } from "~/parts/notices";
import { Section } from "~/parts/Section";
import { StateLabel } from "~/parts/StateLabel";
import { SHORTEST, strengthOf } from "./strength";

export function ExportForm() {
  const form = useForm({
    initialValues: { passphrase: "", again: "" },
    validate: {
      passphrase: (value) =>
        [...value].length < SHORTEST ? `Must have ${SHORTEST} characters or more` : null,
      again: (value, all) => (value === all.passphrase ? null : "Is not the same as above"),
    },
  });
  const submit = useSubmit(
    form,
    ({ passphrase }) => exportBackup(passphrase),
    (file) => {
      download(file, `octoprox-${new Date().toISOString().slice(0, 10)}.backup`);
      form.reset();
      done("The backup is downloaded. Keep its passphrase elsewhere.");
    },
  );
  const strength = strengthOf(form.values.passphrase);
  return (
    <Section title="Make a backup" about="Without its passphrase the file is worth nothing, to anybody.">
      <form onSubmit={submit.send}>
        <Stack gap="sm">
          <SubmitProblem of={submit} what="No backup was made" />
          <PasswordInput
            label="Passphrase"
            description="8 characters or more; four words that do not belong together are good"
            autoComplete="new-password"
            required
            {...form.getInputProps("passphrase")}
          />
          <Group gap="xs" mih={20} role="status">
            {strength !== null && (
              <>
                <StateLabel state={strength.word} tone={strength.tone} />
                <Text size="sm" c="dimmed">
                  {strength.hint}
                </Text>
              </>
            )}
          </Group>
          <PasswordInput
            label="The same again"
            autoComplete="new-password"
            required
            {...form.getInputProps("again")}
          />
          <Group>
            <Button
              type="submit"
              loading={submit.busy}
              leftSection={<Icon name="download" size={16} />}
            >
              Download the backup
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
