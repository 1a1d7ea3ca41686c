// Numbers as people read them.
import { expect, test } from "vitest";
import { ago, bytes, compact, count, duration, milliseconds, percent } from "./format";

test("sizes go in steps of a thousand and never read 1000", () => {
  expect([0, 999, 1000, 1234, 99_950, 999_499, 999_999, 1.5e9].map(bytes)).toEqual([
    "0 B", "999 B", "1.0 kB", "1.2 kB", "100 kB", "999 kB", "1.0 MB", "1.5 GB",
  ]);
});

test("almost all is not all, and a little is not nothing", () => {
  expect([1, 0.9999, 0.95, 0.001, 0].map(percent)).toEqual([
    "100 %", "> 99.9 %", "95.0 %", "0.1 %", "0 %",
  ]);
});

test("counts, times and how long ago", () => {
  expect(count(1_234_567)).toBe("1,234,567");
  expect(compact(12_345)).toBe("12.3K");
  expect([null, 2.44, 240, 12_000].map(milliseconds)).toEqual(["–", "2.4 ms", "240 ms", "12.0 s"]);
  expect([0, 59, 60, 3660, 90_000].map(duration)).toEqual(["0 s", "59 s", "1 min", "1 h 1 min", "1 d 1 h"]);
  const now = Date.parse("2026-01-02T00:00:00Z");
  expect(ago("2026-01-01T23:58:30Z", now)).toBe("1 min 30 s ago");
  expect(ago("2026-01-02T00:10:00Z", now)).toBe("in 10 min");
  expect(ago("2026-01-01T23:59:58Z", now)).toBe("just now");
});
