// Forgetting what was recorded.
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { clearCaptures } from "~/api/captures";
import { Confirm } from "~/parts/Confirm";
import { count } from "~/parts/format";
import { Icon } from "~/parts/Icon";
import { done } from "~/parts/notices";

export function Clear({ project, forget }: { project: string; forget: () => void }) {
  const queries = useQueryClient();
  const [asking, ask] = useState(false);
  const run = async () => {
    const deleted = await clearCaptures(project);
    forget();
    await queries.resetQueries({ queryKey: ["projects", project, "captures"] });
    done(`${count(deleted)} ${deleted === 1 ? "record is" : "records are"} forgotten.`);
  };
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="delete" size={16} />}
        onClick={() => ask(true)}
      >
        Clear
      </Button>
      <Confirm
        opened={asking}
        onClose={() => ask(false)}
        title="Forget every record?"
        verb="Forget them"
        run={run}
      >
        All that this node has recorded of the project goes, whether or not it fits the filters. New
        exchanges are recorded as before.
      </Confirm>
    </>
  );
}
