// The account of whoever is logged in: who they are, and their password.
import { Button, Paper, PasswordInput, Stack, Table, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answered, client } from "~/api/client";
import { useMe } from "~/api/session";
import { checkPasswords, NEW_PASSWORDS, PasswordPair } from "~/entry/PasswordPair";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { ago, dateTime } from "~/parts/format";
import { done } from "~/parts/notices";
import { PageFrame } from "~/parts/PageFrame";

export default function AccountPage() {
  const me = useMe();
  const rows = [
    ["Username", me.username],
    ["Email", me.email || "–"],
    ["Role", me.role],
    ["Since", dateTime(me.created_at)],
    ["Logged in", me.last_login_at ? ago(me.last_login_at) : "–"],
  ];
  return (
    <PageFrame title="Your account">
      <Stack maw={520}>
        <Paper>
          <Table variant="vertical" layout="fixed">
            <Table.Tbody>
              {rows.map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th w={120}>{name}</Table.Th>
                  <Table.Td>{value}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Paper>
        <NewPassword username={me.username} />
      </Stack>
    </PageFrame>
  );
}

function NewPassword({ username }: { username: string }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { current_password: "", ...NEW_PASSWORDS },
    validate: checkPasswords,
  });
  const submit = useSubmit(
    form,
    async ({ current_password, password }) => {
      const body = { current_password, new_password: password };
      await answered(client.POST("/api/v1/users/me/password", { body }));
    },
    () => {
      // A new password ends every session there is, this one too.
      queries.clear();
      done("Your password is changed: log in with it.");
      void navigate({ to: "/login", search: { username } });
    },
  );
  return (
    <Paper p="md" component="form" onSubmit={submit.send}>
      <Stack gap="sm">
        <Title order={2}>Change your password</Title>
        <SubmitProblem of={submit} what="The password was not changed" />
        <PasswordInput
          label="Your password now"
          autoComplete="current-password"
          required
          {...form.getInputProps("current_password")}
        />
        <PasswordPair form={form as never} />
        <Button type="submit" loading={submit.busy} style={{ alignSelf: "flex-start" }}>
          Change it and log in again
        </Button>
      </Stack>
    </Paper>
  );
}
