// Taking a node out of service while it stays up, and into service again.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { clusterQuery, drain, type Member, undrain } from "~/api/cluster";
import { asProblem } from "~/api/problem";
import { useMay } from "~/api/session";
import { Confirm } from "~/parts/Confirm";
import { done, failed } from "~/parts/notices";
import { RowMenu } from "~/parts/RowMenu";

export function Service({ of: { id, state } }: { of: Member }) {
  const queries = useQueryClient();
  const mayDrain = useMay("admin");
  const [asking, ask] = useState<"no" | "once" | "again">("no");
  if (!mayDrain) return null;
  const reload = () => queries.invalidateQueries({ queryKey: clusterQuery.queryKey });
  const back = () =>
    void undrain(id)
      .then(() => done(`${id} is taken into service.`), (error) => failed("It stays out of service", error))
      .finally(reload);
  const out = async () => {
    try {
      await drain(id, asking === "again");
      done(`${id} takes no new clients: what is under way goes on.`);
    } catch (error) {
      // Nobody else does what it does: that is asked for by itself.
      if (asking === "once" && asProblem(error).status === 409) ask("again");
      throw error;
    } finally {
      await reload();
    }
  };
  const drains = state === "draining";
  return (
    <>
      <RowMenu
        of={id}
        actions={[
          drains
            ? { label: "Take into service", icon: "release", run: back }
            : { label: "Drain", icon: "rest", run: () => ask("once") },
        ]}
      />
      <Confirm
        opened={asking !== "no"}
        onClose={() => ask("no")}
        title="Take this node out of service?"
        verb={asking === "again" ? "Drain it all the same" : "Drain"}
        failure="It is still in service"
        run={out}
      >
        Balancers send new clients elsewhere, what is under way goes on. It lasts until it is taken
        back, or the node is restarted.
      </Confirm>
    </>
  );
}
