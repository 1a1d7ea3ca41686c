// Numbers over time: areas on top of each other, or lines. The same numbers stand in a table elsewhere.
import { Group, Paper, Text, Title } from "@mantine/core";
import { type PointerEvent, useId, useState } from "react";
import { dateTime } from "./format";
import classes from "./TimeChart.module.css";

interface Layer {
  name: string;
  values: (number | null)[];
}

interface Props {
  title: string;
  about?: string;
  /** When each step begins, in milliseconds. */
  times: number[];
  /** From the bottom to the top. */
  layers: Layer[];
  kind: "stack" | "lines";
  /** Colours by layer, from `--chart-1` on; so that the same thing has the same one everywhere. */
  colours: number[];
  format: (value: number) => string;
  /** The top of the scale for the greatest value. */
  top: (most: number) => number;
}

const HEIGHT = 100;
/** Lines are told apart by more than their colour. */
const DASHES = ["", "7 3", "2 3"];

const sum = (values: (number | null)[]) => values.reduce<number>((all, value) => all + (value ?? 0), 0);

export function TimeChart({ title, about, times, layers, kind, colours, format, top }: Props) {
  const [at, point] = useState<number | null>(null);
  const id = useId();
  const steps = times.map((_, step) => layers.map(({ values }) => values[step] ?? null));
  const highs = steps.map((values) => (kind === "stack" ? sum(values) : Math.max(0, ...values.map((v) => v ?? 0))));
  const highest = Math.max(0, ...highs);
  const most = top(highest);
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const step = Math.floor(((event.clientX - left) / width) * times.length);
    point(Math.min(times.length - 1, Math.max(0, step)));
  };
  const colour = (index: number) => `var(--chart-${colours[index] ?? 1})`;
  const told = (index: number) => {
    const { values } = layers[index] as Layer;
    if (at !== null) return orDash(values[at] ?? null, format);
    return kind === "stack" ? format(sum(values)) : orDash(last(values), format);
  };
  const when = at === null ? (kind === "stack" ? "in all" : "latest") : dateTime(new Date(times[at] ?? 0).toISOString());
  const y = (value: number) => HEIGHT - (value / most) * HEIGHT;
  return (
    <Paper p="md" component="section" aria-labelledby={id}>
      <Group justify="space-between" gap="xs" mb="sm">
        <Title order={2} id={id}>
          {title}
        </Title>
        <Text size="xs" c="dimmed" className="numbers">
          {when}
        </Text>
      </Group>
      {highest === 0 && (
        <Text size="sm" c="dimmed" className={classes.nothing}>
          Nothing in this time.
        </Text>
      )}
      <div className={classes.frame} hidden={highest === 0}>
        {[1, 0.5, 0].map((part) => (
          <span key={part} className={classes.scale} style={{ top: `${(1 - part) * 100}%` }}>
            {format(most * part)}
          </span>
        ))}
        <svg
          className={classes.chart}
          viewBox={`0 0 ${times.length} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${layers.map(({ name }, index) => `${name} ${told(index)}`).join(", ")}`}
          onPointerMove={move}
          onPointerLeave={() => point(null)}
        >
          {[0, 0.5, 1].map((part) => (
            <line key={part} className={classes.grid} x1={0} x2={times.length} y1={part * HEIGHT} y2={part * HEIGHT} />
          ))}
          {kind === "stack"
            ? stacked(steps).map((path, index) => (
                <path key={layers[index]?.name} d={path(y)} fill={colour(index)} />
              ))
            : layers.map(({ name, values }, index) => (
                <path
                  key={name}
                  className={classes.line}
                  d={line(values, y)}
                  stroke={colour(index)}
                  strokeDasharray={DASHES[index]}
                  strokeLinecap={DASHES[index] === "" ? "round" : "butt"}
                />
              ))}
          {at !== null && (
            <line className={classes.cursor} x1={at + 0.5} x2={at + 0.5} y1={0} y2={HEIGHT} />
          )}
        </svg>
      </div>
      <div className={classes.axis} aria-hidden="true">
        <span>{dateTime(new Date(times[0] ?? 0).toISOString())}</span>
        <span>{dateTime(new Date(times.at(-1) ?? 0).toISOString())}</span>
      </div>
      <div className={classes.legend}>
        {layers.map(({ name }, index) => (
          <span key={name} className={classes.entry}>
            <Mark colour={colour(index)} dash={kind === "lines" ? DASHES[index] : undefined} />
            {name} <b>{told(index)}</b>
          </span>
        ))}
        {about !== undefined && <span className="quiet">{about}</span>}
      </div>
    </Paper>
  );
}

function Mark({ colour, dash }: { colour: string; dash?: string }) {
  if (dash === undefined) return <span className={classes.mark} style={{ background: colour }} />;
  return (
    <svg className={classes.mark} viewBox="0 0 14 10" aria-hidden="true">
      <path d="M0 5h14" stroke={colour} strokeWidth={2} strokeDasharray={dash} />
    </svg>
  );
}

function orDash(value: number | null, format: (value: number) => string): string {
  return value === null ? "–" : format(value);
}

function last(values: (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

/** For each layer the outline of its bars, which stand on those of the layers before it. */
function stacked(steps: (number | null)[][]): ((y: (value: number) => number) => string)[] {
  const bases = steps.map(() => 0);
  return (steps[0] ?? []).map((_, layer) => {
    const bars = steps.map((values, step) => {
      const from = bases[step] ?? 0;
      const to = from + (values[layer] ?? 0);
      bases[step] = to;
      return { step, from, to };
    });
    const drawn = bars.filter(({ from, to }) => to > from);
    return (y) =>
      drawn
        .map(({ step, from, to }) => `M${step + 0.06} ${y(from)}V${y(to)}H${step + 0.94}V${y(from)}z`)
        .join("");
  });
}

/** A line through what is known; alone between gaps, a short one. */
function line(values: (number | null)[], y: (value: number) => number): string {
  // Short, but wide enough to be seen where steps are narrow.
  const half = Math.max(0.4, values.length / 120);
  return values
    .map((value, step) => {
      if (value === null) return "";
      const before = values[step - 1] ?? null;
      const after = values[step + 1] ?? null;
      if (before === null && after === null) return `M${step + 0.5 - half} ${y(value)}H${step + 0.5 + half}`;
      return `${before === null ? "M" : "L"}${step + 0.5} ${y(value)}`;
    })
    .join("");
}
