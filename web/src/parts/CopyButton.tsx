// Copies a text, and says that it did.
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useState } from "react";
import { Icon } from "./Icon";
import { failed } from "./notices";

/** Puts a text where pasting takes it from; pages without TLS have no clipboard of their own. */
export async function copy(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("The browser does not let this page copy: select the text instead.");
}

interface Props {
  text: string;
  /** What is copied: `Copy the snippet`. */
  label: string;
  /** With words beside the picture. */
  wide?: boolean;
}

export function CopyButton({ text, label, wide = false }: Props) {
  const [copied, setCopied] = useState(false);
  const run = () =>
    copy(text).then(
      () => {
        setCopied(true);
        setTimeout(() => setCopied(false), 2_000);
      },
      (error) => failed("Nothing was copied", error),
    );
  const icon = <Icon name={copied ? "check" : "copy"} size={16} />;
  if (wide) {
    return (
      <Button variant="default" size="xs" leftSection={icon} onClick={run}>
        {copied ? "Copied" : label}
      </Button>
    );
  }
  return (
    <Tooltip label={copied ? "Copied" : label}>
      <ActionIcon variant="subtle" color="gray" onClick={run} aria-label={label}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
