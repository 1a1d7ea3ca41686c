// What the rules say of one answer, in a few words.
import { StateLabel } from "~/parts/StateLabel";

interface Verdict {
  banned_by?: string | null;
  counted_by: string[];
  undecided: boolean;
}

export function VerdictLabel({ of }: { of: Verdict }) {
  if (of.banned_by != null) return <StateLabel state={`banned by ${of.banned_by}`} tone="bad" />;
  if (of.undecided) return <StateLabel state="not known" tone="quiet" />;
  if (of.counted_by.length > 0) {
    return <StateLabel state={`counted by ${of.counted_by.join(", ")}`} tone="warn" />;
  }
  return <StateLabel state="delivered" tone="good" />;
}
