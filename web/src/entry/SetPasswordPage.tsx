// An invitation: whoever has the link sets the password of the account.
import { Alert, Anchor, Button, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client } from "~/api/client";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { EntryFrame } from "./EntryFrame";
import { checkPasswords, NEW_PASSWORDS, PasswordPair } from "./PasswordPair";
import { linkToken } from "./token";

export default function SetPasswordPage() {
  const [token] = useState(linkToken);
  const [isSet, setIsSet] = useState(false);
  if (isSet) {
    return (
      <EntryFrame title="Your password is set" about="The link works no more.">
        <Button component={Link} to="/login" fullWidth>
          Log in
        </Button>
      </EntryFrame>
    );
  }
  if (token === null) {
    return (
      <EntryFrame title="Set your password" about="This needs the link of your invitation.">
        <Alert variant="light" color="sea">
          <Text size="sm">
            Open the whole link, with what stands behind the #. Whoever invited you can make a new
            one. If you have a password, <Anchor component={Link} to="/login">log in</Anchor>.
          </Text>
        </Alert>
      </EntryFrame>
    );
  }
  return <PasswordForm token={token} done={() => setIsSet(true)} />;
}

function PasswordForm({ token, done }: { token: string; done: () => void }) {
  const form = useForm({ initialValues: NEW_PASSWORDS, validate: checkPasswords });
  const submit = useSubmit(
    form,
    ({ password }) =>
      answered(client.POST("/api/v1/auth/set-password", { body: { token, password } })),
    done,
  );
  return (
    <EntryFrame title="Set your password" about="You have been invited. The link works once.">
      <form onSubmit={submit.send}>
        <Stack gap="sm">
          <SubmitProblem of={submit} what="The password was not set" />
          <PasswordPair form={form} />
          <Button type="submit" loading={submit.busy} fullWidth mt={4}>
            Set the password
          </Button>
        </Stack>
      </form>
    </EntryFrame>
  );
}
