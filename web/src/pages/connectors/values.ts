// What the form of a connector holds, and what of it is sent.
import type { Connector, ConnectorSettings } from "~/api/connectors";

export interface Values {
  name: string;
  kind: string;
  credential_id: string | null;
  enabled: boolean;
  weight: number;
  priority: number;
  countries: string[];
  domain_allow: string[];
  domain_deny: string[];
  max_in_flight: number | "";
  resolve: string;
  health_check_url: string;
  source_address: string;
  ca_pem: string;
  limited: boolean;
  rate_limit: {
    max_requests: number;
    window_seconds: number;
    quarantine_seconds_min: number | "";
    quarantine_seconds_max: number | "";
    sticky_quarantine: boolean;
  };
}

export function valuesOf(row: Connector | null): Values {
  const limit = row?.rate_limit ?? null;
  return {
    name: row?.name ?? "",
    kind: row?.kind ?? "static",
    credential_id: row?.credential_id ?? null,
    enabled: row?.enabled ?? true,
    weight: row?.weight ?? 1,
    priority: row?.priority ?? 0,
    countries: row?.countries ?? [],
    domain_allow: row?.domain_allow ?? [],
    domain_deny: row?.domain_deny ?? [],
    max_in_flight: row?.max_in_flight ?? "",
    resolve: row?.resolve ?? "exit",
    health_check_url: row?.health_check_url ?? "",
    source_address: row?.source_address ?? "",
    ca_pem: row?.ca_pem ?? "",
    limited: limit !== null,
    rate_limit: {
      max_requests: limit?.max_requests ?? 60,
      window_seconds: limit?.window_seconds ?? 60,
      quarantine_seconds_min: limit?.quarantine_seconds_min ?? "",
      quarantine_seconds_max: limit?.quarantine_seconds_max ?? "",
      sticky_quarantine: limit?.sticky_quarantine ?? false,
    },
  };
}

const orNull = <T>(value: T | ""): T | null => (value === "" ? null : value);

export function settingsOf(values: Values): ConnectorSettings {
  const { limited, rate_limit: limit, ...rest } = values;
  return {
    ...rest,
    max_in_flight: orNull(values.max_in_flight),
    health_check_url: orNull(values.health_check_url),
    source_address: orNull(values.kind === "direct" ? values.source_address : ""),
    ca_pem: orNull(values.ca_pem),
    rate_limit: limited
      ? {
          ...limit,
          quarantine_seconds_min: orNull(limit.quarantine_seconds_min),
          quarantine_seconds_max: orNull(limit.quarantine_seconds_max),
        }
      : null,
  };
}
