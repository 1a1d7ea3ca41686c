// The stages of a choice, one under the other: how many each left, and where the last ones went.
import { Text } from "@mantine/core";
import type { Explanation } from "~/api/explain";
import { count } from "~/parts/format";
import { stageOf } from "./asking";
import classes from "./Stages.module.css";

export function Stages({ stages }: { stages: Explanation["stages"] }) {
  const most = Math.max(1, stages[0]?.left ?? 0);
  const end = stages.findIndex(({ left }) => left === 0);
  // Behind the one that left none, there is nothing to tell.
  const told = end < 0 ? stages : stages.slice(0, end + 1);
  return (
    <ol className={classes.list}>
      {told.map(({ stage, left }, at) => {
        const lost = at === 0 ? 0 : (stages[at - 1]?.left ?? left) - left;
        const { name, hint } = stageOf(stage);
        return (
          <li key={stage} className={classes.stage}>
            <span className={classes.name}>{name}</span>
            <span className={classes.track} aria-hidden="true">
              <span className={classes.bar} style={{ width: `${(left / most) * 100}%` }} />
            </span>
            <span className={`numbers ${classes.number} quiet`}>
              {lost > 0 ? `−${count(lost)}` : ""}
            </span>
            <span className={`numbers ${classes.number}`}>
              {count(left)} <span className="quiet">left</span>
            </span>
            {at === end && (
              <Text size="sm" c="var(--bad)" className={classes.hint}>
                None is left here. {hint}
              </Text>
            )}
          </li>
        );
      })}
    </ol>
  );
}
