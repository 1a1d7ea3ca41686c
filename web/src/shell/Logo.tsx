// The name, and the way home.
import { Link } from "@tanstack/react-router";
import classes from "./Shell.module.css";

export function Logo() {
  return (
    <Link to="/projects" className={classes.logo}>
      <img src="/icon.svg" width={24} height={24} alt="" />
      Octoprox
    </Link>
  );
}
