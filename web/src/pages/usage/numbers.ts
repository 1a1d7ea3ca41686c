// Usage over time as charts and tables want it: a value for every step, those without any included.
import type { SeriesPoint, UsageSeries } from "~/api/usage";

export interface Layer {
  name: string;
  /** `null`: there was nothing to measure. */
  values: (number | null)[];
}

export type Pick = (point: SeriesPoint) => number | null;

/** When each step begins; an answer without points has steps, too. */
export function timesOf({ from, until, step_seconds }: UsageSeries): number[] {
  const step = step_seconds * 1000;
  const first = Math.floor(Date.parse(from) / step) * step;
  const count = Math.max(1, Math.ceil((Date.parse(until) - first) / step));
  return Array.from({ length: count }, (_, at) => first + at * step);
}

/** One value for each of the times; `none` where there was nothing. */
export function valuesOf(points: SeriesPoint[], times: number[], pick: Pick, none: number | null) {
  const found = new Map(points.map((point) => [Date.parse(point.at ?? ""), pick(point)]));
  return times.map((time) => found.get(time) ?? none);
}

const OUTCOMES = [
  ["Succeeded", "success"],
  ["Client's fault", "client"],
  ["Exit's fault", "exit"],
  ["Target's fault", "target"],
  ["Node's fault", "node"],
] as const;

const STATUSES = [
  ["2xx", "2xx"],
  ["3xx", "3xx"],
  ["4xx", "4xx"],
  ["5xx", "5xx"],
  ["No answer", "none"],
] as const;

const counted = (name: string, pick: Pick): [string, Pick] => [name, pick];

/** What stands in one chart, from the bottom to the top. */
export const LAYERS = {
  outcomes: OUTCOMES.map(([name, key]) => counted(name, ({ outcomes }) => outcomes[key])),
  statuses: STATUSES.map(([name, key]) => counted(name, ({ statuses }) => statuses[key])),
  latency: [
    counted("p50", ({ latency_ms }) => latency_ms.p50 ?? null),
    counted("p95", ({ latency_ms }) => latency_ms.p95 ?? null),
    counted("p99", ({ latency_ms }) => latency_ms.p99 ?? null),
  ],
  bytes: [
    counted("Received", ({ bytes_received }) => bytes_received),
    counted("Sent", ({ bytes_sent }) => bytes_sent),
  ],
  cost: [counted("Cost", ({ cost_micros }) => cost_micros / 1e6)],
};

export function layersOf(chart: keyof typeof LAYERS, points: SeriesPoint[], times: number[]): Layer[] {
  const none = chart === "latency" ? null : 0;
  return LAYERS[chart].map(([name, pick]) => ({ name, values: valuesOf(points, times, pick, none) }));
}

/** Every number of every step that had one, as a file for spreadsheets. */
export function csvOf(points: SeriesPoint[]): string {
  const columns: [string, (point: SeriesPoint) => string | number | null | undefined][] = [
    ["at", ({ at }) => at],
    ["requests", ({ requests }) => requests],
    ["failures", ({ failures }) => failures],
    ["attempts", ({ attempts }) => attempts],
    ...OUTCOMES.map(([, key]) => [`outcome_${key}`, (point: SeriesPoint) => point.outcomes[key]] as never),
    ...(["1xx", "2xx", "3xx", "4xx", "5xx", "none"] as const).map(
      (key) => [`status_${key}`, (point: SeriesPoint) => point.statuses[key]] as never,
    ),
    ...(["average", "p50", "p95", "p99"] as const).map(
      (key) => [`latency_${key}_ms`, (point: SeriesPoint) => point.latency_ms[key]] as never,
    ),
    ["bytes_sent", ({ bytes_sent }) => bytes_sent],
    ["bytes_received", ({ bytes_received }) => bytes_received],
    ["cost_micros", ({ cost_micros }) => cost_micros],
  ];
  const rows = points.map((point) => columns.map(([, pick]) => pick(point) ?? "").join(","));
  return `${[columns.map(([name]) => name).join(","), ...rows].join("\n")}\n`;
}

/** A round number that is not less, for the top of a scale. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((part) => part * unit >= value) ?? 10;
  return step * unit;
}
