// What a form does when it is sent: mistakes go beside their fields, the rest above them.
import type { UseFormReturnType } from "@mantine/form";
import { type FormEvent, useState } from "react";
import { asProblem, byField, type ProblemError } from "~/api/problem";

// Every form: what its values are does not matter here.
type AnyForm<V> = UseFormReturnType<V, any>;

export interface Submission {
  busy: boolean;
  problem: ProblemError | null;
  /** Fields of the form that show their mistake themselves. */
  shownFields: string[];
  clear: () => void;
  send: (event?: FormEvent) => void;
}

/** Sends the values with `action`; what comes back goes to `done`. */
export function useSubmit<V, R>(
  form: AnyForm<V>,
  action: (values: V) => Promise<R>,
  done: (result: R) => void,
): Submission {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const [shownFields, setShownFields] = useState<string[]>([]);

  async function run(values: V) {
    setBusy(true);
    setProblem(null);
    form.clearErrors();
    try {
      done(await action(values));
    } catch (error) {
      const found = asProblem(error);
      const mistakes = byField(found);
      form.setErrors(mistakes);
      setShownFields(Object.keys(mistakes).filter((field) => knows(form.getValues(), field)));
      setProblem(found);
    } finally {
      setBusy(false);
    }
  }
  const send = (event?: FormEvent) => {
    // Forms in dialogues stand within forms of pages, as far as React is concerned.
    event?.preventDefault();
    event?.stopPropagation();
    if (!busy) form.onSubmit((values) => void run(values as V))();
  };
  return { busy, problem, shownFields, clear: () => setProblem(null), send };
}

/** Whether the values have this field, `bans.0.name` included. */
function knows(values: unknown, field: string): boolean {
  let at: unknown = values;
  for (const part of field.split(".")) {
    if (typeof at !== "object" || at === null || !(part in at)) return false;
    at = (at as Record<string, unknown>)[part];
  }
  return true;
}
