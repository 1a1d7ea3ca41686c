// A new password, typed twice, with what is asked of it.
import { PasswordInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

export interface Passwords {
  password: string;
  again: string;
}

export const NEW_PASSWORDS: Passwords = { password: "", again: "" };

/** What is wrong, before the node is asked; `null`: nothing. */
export const checkPasswords = {
  password: (value: string) => (value.length < 12 ? "Must have 12 characters or more" : null),
  again: (value: string, all: Passwords) =>
    value === all.password ? null : "Is not the same as above",
};

export function PasswordPair<V extends Passwords>({ form }: { form: UseFormReturnType<V> }) {
  return (
    <>
      <PasswordInput
        label="Password"
        description="12 characters or more; a few words are easy to remember and hard to guess."
        autoComplete="new-password"
        required
        {...form.getInputProps("password")}
      />
      <PasswordInput
        label="The same again"
        autoComplete="new-password"
        required
        {...form.getInputProps("again")}
      />
    </>
  );
}
