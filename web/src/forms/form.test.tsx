// A form that is sent: mistakes beside their fields, conflicts with two ways on.
import { MantineProvider, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { ProblemError } from "~/api/problem";
import { ConflictNotice } from "./ConflictNotice";
import { SubmitProblem } from "./SubmitProblem";
import { useSubmit } from "./useSubmit";

interface Props {
  action: (values: { name: string }) => Promise<unknown>;
  done?: () => void;
  again?: () => Promise<unknown>;
}

function Form({ action, done = () => {}, again = async () => {} }: Props) {
  const form = useForm({ initialValues: { name: "mine" } });
  const submit = useSubmit(form, action, done);
  return (
    <form onSubmit={submit.send}>
      <SubmitProblem of={submit} what="It was not saved" />
      <ConflictNotice of={submit} mine={again} theirs={again} />
      <TextInput label="Name" {...form.getInputProps("name")} />
      <button type="submit">Save</button>
    </form>
  );
}

function show(props: Props) {
  render(<Form {...props} />, { wrapper: MantineProvider });
  fireEvent.click(screen.getByText("Save"));
}

const problem = (status: number, errors: { pointer: string; detail: string }[] = []) =>
  new ProblemError({ status, title: "No", detail: "It cannot be so.", errors });

test("a mistake of a field stands beside it, and nowhere else", async () => {
  show({ action: async () => Promise.reject(problem(422, [{ pointer: "/name", detail: "is too long" }])) });
  await screen.findByText("Is too long");
  expect(screen.queryByText("It was not saved")).toBeNull();
  expect(screen.getByLabelText("Name").getAttribute("aria-invalid")).toBe("true");
});

test("a mistake of what the form does not show is told above it", async () => {
  show({ action: async () => Promise.reject(problem(422, [{ pointer: "/elsewhere", detail: "is wrong" }])) });
  await screen.findByText("It was not saved");
  await screen.findByText("elsewhere");
});

test("after a conflict what was typed can be saved over what is there now", async () => {
  const action = vi.fn().mockRejectedValueOnce(problem(412)).mockResolvedValueOnce("saved");
  const [again, done] = [vi.fn(async () => {}), vi.fn()];
  show({ action, again, done });
  await screen.findByText("Somebody else has changed this in the meantime");
  expect(screen.queryByText("It was not saved")).toBeNull();
  fireEvent.click(screen.getByText("Save mine"));
  await vi.waitFor(() => expect(done).toHaveBeenCalledWith("saved"));
  expect(again).toHaveBeenCalledOnce();
  expect(action).toHaveBeenLastCalledWith({ name: "mine" });
});
