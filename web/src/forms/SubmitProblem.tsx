// What the node said against a form: nothing where every mistake stands beside its field.
import { Failure } from "~/parts/Failure";
import type { Submission } from "./useSubmit";

export function SubmitProblem({ of, what }: { of: Submission; what: string }) {
  const { problem, shownFields } = of;
  if (problem === null || problem.isConflict) return null;
  const known = problem.mistakes.length > 0 && problem.mistakes.length === shownFields.length;
  if (known) return null;
  return <Failure error={problem} what={what} except={shownFields} />;
}
