// Texts of a filter as they are typed; the filter follows when the typing rests.
import { useDebouncedCallback } from "@mantine/hooks";
import { type ChangeEvent, useState } from "react";

type Texts<N extends string> = { [name in N]?: string };

const orNone = (value: string) => (value === "" ? undefined : value);

/** `404` or `4xx`, or not yet a status. */
function whole(status: string): string | undefined {
  return /^([1-9](\d\d|xx)|0)$/i.test(status) ? status.toLowerCase() : undefined;
}

export function useTyped<N extends string, F extends Texts<N>>(
  names: readonly N[],
  filter: F,
  onChange: (filter: F) => void,
) {
  const read = () => Object.fromEntries(names.map((name) => [name, filter[name] ?? ""])) as Record<N, string>;
  const [typed, setTyped] = useState(read);
  const later = useDebouncedCallback(onChange, 250);
  const type = (part: N, value: string) => {
    const next = { ...typed, [part]: value };
    setTyped(next);
    const trimmed = names.map((name) => {
      const text = next[name].trim();
      return [name, name === "status" ? whole(text) : orNone(text)];
    });
    later({ ...filter, ...Object.fromEntries(trimmed) });
  };
  /** What the input of this name needs. */
  const field = (part: N) => ({
    value: typed[part],
    onChange: (event: ChangeEvent<HTMLInputElement>) => type(part, event.currentTarget.value),
  });
  const clear = () => {
    setTyped(Object.fromEntries(names.map((name) => [name, ""])) as Record<N, string>);
    onChange({} as F);
  };
  return { field, clear };
}

/** Whether a filter leaves anything out. */
export function isNarrow(filter: object): boolean {
  return Object.values(filter).some((part) => part !== undefined);
}
