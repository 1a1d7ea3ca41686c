// Numbers, sizes and times as people read them, always in the same width and order.

const plain = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

export function count(value: number): string {
  return plain.format(value);
}

/** 12,345 as 12.3K, for where there is little room. */
export function compact(value: number): string {
  return short.format(value);
}

/** Bytes in steps of 1000, as providers bill them. */
export function bytes(value: number): string {
  let [size, unit] = [value, 0];
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 99.95 ? 0 : 1;
  return `${size.toFixed(digits)} ${UNITS[unit]}`;
}

/** A share of 0-1 as per cent; almost all is not all. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 99.9 && value < 100) return "> 99.9 %";
  return `${value >= 99.95 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return value >= 10 ? `${value.toFixed(0)} ms` : `${value.toFixed(1)} ms`;
}

/** The rest of a time: 90 s as `1 min 30 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor((whole % 86_400) / 3600), "h"],
    [Math.floor((whole % 3600) / 60), "min"],
    [whole % 60, "s"],
  ];
  const from = parts.findIndex(([value]) => value > 0);
  if (from < 0) return "0 s";
  const told = parts.slice(from, from + 2).filter(([value]) => value > 0);
  return told.map(([value, unit]) => `${value} ${unit}`).join(" ");
}

/** How long ago, or how far ahead. */
export function ago(at: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(at)) / 1000;
  if (Math.abs(seconds) < 5) return "just now";
  return seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`;
}

/** A date and a time of this place, with the year first. */
export function dateTime(at: string): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The time of day, with the parts of a second that tell exchanges apart. */
export function clockTime(at: string): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two);
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 4 });

/** An amount in the currency that the operator reckons in, whichever that is. */
export function cost(value: number): string {
  return money.format(value);
}
