// First start: whoever has the link that the node printed becomes the administrator.
import { Alert, Button, Code, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client } from "~/api/client";
import { logIn } from "~/api/session";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { EntryFrame } from "./EntryFrame";
import { checkPasswords, NEW_PASSWORDS, PasswordPair } from "./PasswordPair";
import { linkToken } from "./token";

export default function SetupPage() {
  const [token] = useState(linkToken);
  if (token === null) {
    return (
      <EntryFrame title="Set up Octoprox" about="There is no user yet.">
        <Alert variant="light" color="sea" title="Follow the setup link">
          <Text size="sm">
            The node printed it when it started, and its log has it: it ends in{" "}
            <Code>/setup#…</Code> and works once. Start the node again for a new one.
          </Text>
        </Alert>
      </EntryFrame>
    );
  }
  return <SetupForm token={token} />;
}

function SetupForm({ token }: { token: string }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { username: "admin", ...NEW_PASSWORDS },
    validate: checkPasswords,
  });
  const submit = useSubmit(
    form,
    async ({ username, password }) => {
      await answered(client.POST("/api/v1/auth/setup", { body: { token, username, password } }));
      await logIn(username, password);
    },
    () => {
      queries.clear();
      void navigate({ to: "/projects", replace: true });
    },
  );
  return (
    <EntryFrame
      title="Set up Octoprox"
      about="Create the first administrator. They can invite everybody else."
    >
      <form onSubmit={submit.send}>
        <Stack gap="sm">
          <SubmitProblem of={submit} what="Nothing was set up" />
          <TextInput
            label="Username"
            autoComplete="username"
            autoCapitalize="none"
            required
            {...form.getInputProps("username")}
          />
          <PasswordPair form={form as never} />
          <Button type="submit" loading={submit.busy} fullWidth mt={4}>
            Create the administrator
          </Button>
        </Stack>
      </form>
    </EntryFrame>
  );
}
