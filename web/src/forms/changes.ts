// What a form changed of a row: a merge patch (RFC 7396) of its outermost fields.

export function changes<T extends object>(before: T, after: T): Partial<T> {
  const changed = Object.entries(after).filter(
    ([name, value]) => !same(value, before[name as keyof T]),
  );
  return Object.fromEntries(changed) as Partial<T>;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Lines of a text field as a list, without blanks and empty lines. */
export function lines(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
