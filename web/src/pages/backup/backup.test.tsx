// Backups: the passphrase, the dry run that comes first, and the word that has to be typed.
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { answering, problem, show } from "../../../tests/page";
import BackupPage from "./BackupPage";
import { strengthOf } from "./strength";

const IMPORT = "POST /backup/import";
const PHRASE = "schöne vier Wörter";
const HELD = {
  created_at: "2026-11-20T10:00:00Z",
  dry_run: true,
  projects: 3,
  connectors: 4,
  proxies: 12000,
  credentials: 1,
  roots: 2,
  users: 5,
  users_left_out: ["ada"],
  passwords_lost: ["shop"],
};
const dryRun = (path: string) => path.endsWith("dry_run=true");

async function choose() {
  const file = new File(["sealed"], "octoprox.backup");
  await screen.findByText("Restore a backup");
  const input = document.querySelector<HTMLInputElement>("input[type=file]");
  fireEvent.change(input as HTMLInputElement, { target: { files: [file] } });
  fireEvent.change(screen.getByLabelText(/^Its passphrase/), { target: { value: PHRASE } });
  fireEvent.click(screen.getByRole("button", { name: "See what would come" }));
}

test("a backup is sealed with a passphrase that was typed twice the same", async () => {
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:here");
  const asked = answering({ "POST /backup/export": () => new Response("sealed") });
  show(BackupPage);
  const first = await screen.findByLabelText(/^Passphrase/);
  const button = screen.getByRole("button", { name: "Download the backup" });
  fireEvent.change(first, { target: { value: "short" } });
  screen.getByText("too short");
  fireEvent.change(first, { target: { value: PHRASE } });
  fireEvent.change(screen.getByLabelText(/^The same again/), { target: { value: "another" } });
  fireEvent.click(button);
  await screen.findByText("Is not the same as above");
  expect(asked.some(({ method }) => method === "POST")).toBe(false);
  fireEvent.change(screen.getByLabelText(/^The same again/), { target: { value: PHRASE } });
  fireEvent.click(button);
  await screen.findByText(/The backup is downloaded/);
  const sent = asked.find(({ method }) => method === "POST");
  expect(JSON.parse(sent?.text ?? "")).toEqual({ passphrase: PHRASE });
});

test("nothing is restored before a dry run was seen and the word was typed", async () => {
  const asked = answering({
    [IMPORT]: ({ path }: { path: string }) => ({ ...HELD, dry_run: dryRun(path) }),
  });
  show(BackupPage);
  await choose();
  await screen.findByText("This would come");
  screen.getByText("12,000");
  screen.getByText(/nobody logs in to: shop/);
  const imports = () => asked.filter(({ path }) => path.startsWith("/backup/import"));
  expect(imports().map(({ path }) => dryRun(path))).toEqual([true]);
  const header = imports()[0]?.headers.get("backup-passphrase") ?? "";
  expect(Buffer.from(header, "base64").toString()).toBe(PHRASE);
  expect(imports()[0]?.text).toBe("sealed");
  fireEvent.click(screen.getByRole("button", { name: "Restore it…" }));
  const go = await screen.findByRole<HTMLButtonElement>("button", { name: "Restore the backup" });
  expect(go.disabled).toBe(true);
  fireEvent.change(screen.getByLabelText("Type restore to go on"), { target: { value: "restore" } });
  fireEvent.click(go);
  await screen.findByText("This has come");
  expect(imports().map(({ path }) => dryRun(path))).toEqual([true, false]);
});

test("another passphrase needs another dry run", async () => {
  answering({ [IMPORT]: HELD });
  show(BackupPage);
  await choose();
  await screen.findByText("This would come");
  fireEvent.change(screen.getByLabelText(/^Its passphrase/), { target: { value: "other" } });
  await waitFor(() => expect(screen.queryByText("This would come")).toBeNull());
});

test("a wrong passphrase is told as the node says it", async () => {
  const errors = [{ pointer: "Backup-Passphrase", detail: "is not the one of this backup" }];
  answering({ [IMPORT]: () => problem(422, "The backup cannot be opened.", errors) });
  show(BackupPage);
  await choose();
  await screen.findByText("Is not the one of this backup");
});

test("only administrators see the forms", async () => {
  answering({ "GET /users/me": { id: "u2", username: "ed", role: "editor" } });
  show(BackupPage);
  await screen.findByText("For administrators");
  expect(screen.queryByLabelText(/passphrase/i)).toBeNull();
});

test("longer and more varied passphrases are stronger", () => {
  expect(strengthOf("")).toBeNull();
  const words = ["abc", "aaaaaaaaaaaaaaaa", "correcthorseba", "correct horse battery staple"];
  expect(words.map((word) => strengthOf(word)?.word)).toEqual(["too short", "weak", "fair", "strong"]);
});
