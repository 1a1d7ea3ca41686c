// Everything that operators intend as one file, sealed with a passphrase.
import { base64 } from "~/parts/base64";
import { answered, client, type Schemas } from "./client";

export type Imported = Schemas["Imported"];

export async function exportBackup(passphrase: string): Promise<Blob> {
  const call = client.POST("/api/v1/backup/export", { body: { passphrase }, parseAs: "blob" });
  return answered(call) as Promise<Blob>;
}

/** With `dry_run` it only says what would come of it. */
export async function importBackup(file: Blob, passphrase: string, dry_run: boolean) {
  const header = { "Backup-Passphrase": base64(passphrase) };
  const call = client.POST("/api/v1/backup/import", {
    params: { query: { dry_run }, header },
    // As it is: the node opens it.
    body: file as never,
    bodySerializer: (body) => body as never,
    headers: { "Content-Type": "application/octet-stream" },
  });
  return answered(call);
}
