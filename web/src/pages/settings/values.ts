// What the form of a project's settings holds, and what of it is sent.
import type { UseFormReturnType } from "@mantine/form";
import type { NewProject, Project } from "~/api/projects";

/** Numbers that may be absent are empty texts in forms. */
export type Values = Omit<
  Project,
  "id" | "version" | "revision" | "created_at" | "live" | "session_ttl_seconds" | "max_in_flight"
> & {
  session_ttl_seconds: number | "";
  max_in_flight: number | "";
  password: string;
};

export type SettingsForm = UseFormReturnType<Values>;

/** A part of the settings, which stands in a tab. */
export interface PartProps {
  form: SettingsForm;
}

export type Ban = Values["bans"][number];

export function valuesOf(project: Project): Values {
  const { id, version, revision, created_at, live, ...settings } = project;
  return {
    ...structuredClone(settings),
    session_ttl_seconds: settings.session_ttl_seconds ?? "",
    max_in_flight: settings.max_in_flight ?? "",
    password: "",
  };
}

const orNull = <T>(value: T | "" | null | undefined): T | null =>
  value === "" || value === undefined ? null : value;

export function settingsOf(values: Values): NewProject {
  const { password, ...rest } = values;
  const bans = values.bans.map((ban) => ({ ...ban, actions: actionsOf(ban.actions) }));
  return {
    ...rest,
    bans,
    health_check_url: orNull(values.health_check_url),
    session_ttl_seconds: orNull(values.session_ttl_seconds),
    max_in_flight: orNull(values.max_in_flight),
    interception: {
      ...values.interception,
      extra_roots: orNull(values.interception.extra_roots),
    },
    // Without one, the password stays as it is.
    ...(password === "" ? {} : { password }),
  };
}

function actionsOf(actions: Ban["actions"]): Ban["actions"] {
  return {
    ...actions,
    mark_seconds: orNull(actions.mark_seconds),
    quarantine_seconds: orNull(actions.quarantine_seconds),
    tag: orNull(actions.tag),
  } as Ban["actions"];
}

const TABS: Record<string, string> = {
  name: "general",
  description: "general",
  enabled: "general",
  username: "general",
  password: "general",
  dialect: "general",
  source_cidrs: "general",
  reveal_exit: "general",
  domain_allow: "targets",
  domain_deny: "targets",
  connect_ports: "targets",
  allow_targets: "targets",
  health_check_interval_seconds: "health",
  health_check_timeout_seconds: "health",
  health_check_url: "health",
  interception: "interception",
  bans: "bans",
  rewrites: "rewrites",
  inspection: "inspection",
};

/** The tab in which a field stands. */
export function tabOf(field: string): string {
  return TABS[field.split(".")[0] ?? ""] ?? "rotation";
}
