// A list of names or networks, one a line.
import { Textarea, type TextareaProps } from "@mantine/core";
import { useState } from "react";
import { lines } from "./changes";

interface Props extends Omit<TextareaProps, "value" | "onChange" | "defaultValue"> {
  value?: string[];
  onChange?: (value: string[]) => void;
}

export function ListInput({ value = [], onChange, ...rest }: Props) {
  // What is typed stays as it is, with the empty line that the next entry will stand in.
  const [text, setText] = useState(value.join("\n"));
  const current = lines(text).join("\n") === value.join("\n") ? text : value.join("\n");
  return (
    <Textarea
      {...rest}
      autosize
      minRows={2}
      maxRows={12}
      classNames={{ input: "mono" }}
      value={current}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange?.(lines(event.currentTarget.value));
      }}
    />
  );
}
