// Room for a table that may be wider than the window: it scrolls alone, by keyboard, too.
import type { ReactNode } from "react";
import classes from "./WideTable.module.css";

interface Props {
  name: string;
  /** Its height at most, where it scrolls that way, too. */
  most?: string;
  children: ReactNode;
}

export function WideTable({ name, most, children }: Props) {
  const style = { maxHeight: most };
  return (
    <div className={classes.frame} style={style} tabIndex={0} role="region" aria-label={name}>
      {children}
    </div>
  );
}
