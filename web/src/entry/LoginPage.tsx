// Logging in; leads on to where the person wanted to go.
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { logIn, meQuery } from "~/api/session";
import { SubmitProblem } from "~/forms/SubmitProblem";
import { useSubmit } from "~/forms/useSubmit";
import { EntryFrame } from "./EntryFrame";

/** An address of our own to go on to; others could lead anywhere. */
export function safeNext(next: unknown): string {
  const isOurs = typeof next === "string" && /^\/(?![/\\])/.test(next);
  return isOurs && !next.startsWith("/login") ? next : "/projects";
}

export default function LoginPage() {
  const router = useRouter();
  const queries = useQueryClient();
  const { next, username = "" } = useSearch({ strict: false }) as Record<string, string>;
  const form = useForm({ initialValues: { username, password: "" } });
  const submit = useSubmit(
    form,
    ({ username, password }) => logIn(username, password),
    (user) => {
      queries.setQueryData(meQuery.queryKey, user as never);
      router.history.replace(safeNext(next));
    },
  );
  return (
    <EntryFrame title="Log in" about="With the account that your administrator gave you.">
      <form onSubmit={submit.send}>
        <Stack gap="sm">
          <SubmitProblem of={submit} what="You are not logged in" />
          <TextInput
            label="Username"
            autoComplete="username"
            autoCapitalize="none"
            required
            data-autofocus
            autoFocus
            {...form.getInputProps("username")}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            {...form.getInputProps("password")}
          />
          <Button type="submit" loading={submit.busy} fullWidth mt={4}>
            Log in
          </Button>
        </Stack>
      </form>
    </EntryFrame>
  );
}
