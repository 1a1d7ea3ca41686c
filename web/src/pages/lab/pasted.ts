// An answer as people paste it: a status line, fields, an empty line, the content.
import type { TriedAnswer } from "~/api/trials";
import { base64 } from "~/parts/base64";

export interface Pasted {
  host: string;
  text: string;
}

/** What is pasted has been decoded already, so that these no longer hold. */
const STALE = /^(content-encoding|content-length|transfer-encoding)$/i;

/** What the text says, or `null` where it does not begin with a status. */
export function parseAnswer({ host, text }: Pasted): TriedAnswer | null {
  const plain = text.replaceAll("\r\n", "\n").trimStart();
  const empty = plain.indexOf("\n\n");
  const head = empty < 0 ? plain.trimEnd() : plain.slice(0, empty);
  const [first = "", ...fields] = head.split("\n");
  const status = /^(?:HTTP\/[\d.]+\s+)?([1-9]\d\d)(?:\s|$)/i.exec(first)?.[1];
  if (status === undefined || host.trim() === "") return null;
  const headers = fields.flatMap((line) => {
    const at = line.indexOf(":");
    const name = line.slice(0, at).trim();
    return at < 1 || STALE.test(name) ? [] : [[name, line.slice(at + 1).trim()]];
  });
  const body = empty < 0 ? "" : plain.slice(empty + 2);
  return { host: host.trim(), status: Number(status), headers, body_base64: base64(body) };
}
