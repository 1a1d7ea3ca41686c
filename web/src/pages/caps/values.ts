// Caps and prices as people type them, in gigabytes and in whole units of the currency.
import type { Cap, CapItem, Prices } from "~/api/usage";
import { bytes, cost, count } from "~/parts/format";

export interface TypedCap {
  measure: string;
  limit: number | "";
  period: string;
  action: string;
  status: string;
}

export interface Values {
  caps: TypedCap[];
  prices: Record<keyof Prices, number | "">;
}

/** How much one of what is typed is in the unit of the API. */
const UNITS: Record<string, number> = { bytes: 1e9, requests: 1, cost: 1e6 };

export const NEW_CAP: TypedCap = {
  measure: "bytes",
  limit: 100,
  period: "month",
  action: "alert",
  status: "509",
};

export function valuesOf(caps: Cap[], prices: Prices | null): Values {
  return {
    caps: caps.map(({ measure, limit, period, action, status }) => ({
      measure,
      limit: limit / (UNITS[measure] ?? 1),
      period,
      action,
      status: String(status),
    })),
    prices: {
      per_gb_micros: (prices?.per_gb_micros ?? 0) / 1e6,
      per_request_micros: (prices?.per_request_micros ?? 0) / 1e6,
      per_proxy_month_micros: (prices?.per_proxy_month_micros ?? 0) / 1e6,
    },
  };
}

export function capsOf(values: Values): Cap[] {
  return values.caps.map(({ limit, status, ...rest }) => ({
    ...rest,
    limit: Math.round(Number(limit) * (UNITS[rest.measure] ?? 1)),
    status: Number(status),
  }));
}

export function pricesOf({ prices }: Values): Prices {
  return {
    per_gb_micros: Math.round(Number(prices.per_gb_micros) * 1e6),
    per_request_micros: Math.round(Number(prices.per_request_micros) * 1e6),
    per_proxy_month_micros: Math.round(Number(prices.per_proxy_month_micros) * 1e6),
  };
}

/** So much of what is capped, in words. */
export function amount(measure: string, value: number): string {
  if (measure === "bytes") return bytes(value);
  return measure === "cost" ? cost(value / 1e6) : `${count(value)} requests`;
}

/** How much of a cap is spent: `20 of 15 requests a day`. */
export function spentOf({ measure, used, limit, period }: CapItem): string {
  const spent = measure === "requests" ? count(used) : amount(measure, used);
  return `${spent} of ${amount(measure, limit)} a ${period}`;
}

/** What happens once a cap is reached. */
export function onceReached({ action, status }: Pick<Cap, "action" | "status">): string {
  if (action === "alert") return "it is shown";
  const refused = `new requests are refused with ${status}`;
  return action === "block" ? refused : `${refused}, tunnels are ended`;
}

/** What traffic costs, in short. */
export function pricesText(prices: Prices): string {
  const { per_gb_micros, per_request_micros, per_proxy_month_micros } = prices;
  const parts = [];
  if (per_gb_micros > 0) parts.push(`${cost(per_gb_micros / 1e6)} a GB`);
  if (per_request_micros > 0) parts.push(`${cost(per_request_micros / 1e6)} a request`);
  if (per_proxy_month_micros > 0) parts.push(`${cost(per_proxy_month_micros / 1e6)} a proxy and month`);
  return parts.join(", ") || "nothing";
}
