// Above a table of exchanges: what they are filtered by, and the ways out of it.
import { Button, Group, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "~/parts/Icon";
import { isNarrow, useTyped } from "./useTyped";

/** What every table of exchanges is filtered by. */
interface Filter {
  text?: string;
  host?: string;
  status?: string;
  session?: string;
  exit?: string;
}

const FIELDS = ["text", "host", "status", "session"] as const;

/** Two beside each other on a phone. */
export const halfWide = (width: number) => ({ base: "calc(50% - 5px)", xs: width });

/** The bar's own inputs by name; `children` says which of them stand where. */
interface Inputs {
  host: (label: string, placeholder: string, width: number) => ReactNode;
  status: (label: string) => ReactNode;
  session: (width: number) => ReactNode;
}

interface Props<F extends Filter> {
  filter: F;
  onChange: (filter: F) => void;
  /** Of the first input: its name, and what it shows when it is empty. */
  text: { label: string; placeholder: string };
  children: (inputs: Inputs) => ReactNode;
}

export function FilterBar<F extends Filter>({ filter, onChange, text, children }: Props<F>) {
  const { field, clear } = useTyped(FIELDS, filter, onChange);
  const inputs: Inputs = {
    host: (label, placeholder, width) => (
      <TextInput aria-label={label} placeholder={placeholder} w={halfWide(width)} {...field("host")} />
    ),
    status: (label) => (
      <TextInput
        aria-label={label}
        placeholder="404, 4xx"
        maxLength={3}
        w={halfWide(90)}
        {...field("status")}
      />
    ),
    session: (width) => (
      <TextInput aria-label="Session" placeholder="Session" w={halfWide(width)} {...field("session")} />
    ),
  };
  return (
    <Group gap="xs" role="search" aria-label="Filter exchanges">
      <TextInput
        aria-label={text.label}
        placeholder={text.placeholder}
        leftSection={<Icon name="search" size={16} />}
        w={{ base: "100%", xs: 220 }}
        {...field("text")}
      />
      {children(inputs)}
      {filter.exit !== undefined && (
        <Button
          variant="default"
          rightSection={<Icon name="close" size={14} />}
          aria-label="Every exit again"
          onClick={() => onChange({ ...filter, exit: undefined })}
        >
          One exit
        </Button>
      )}
      {isNarrow(filter) && (
        <Button variant="subtle" onClick={clear}>
          Clear
        </Button>
      )}
    </Group>
  );
}
