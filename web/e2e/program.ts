// The real program, `cargo build -p node`, and the servers it needs, as child processes that end with
// the tests.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);
const PROGRAM = process.env.OCTOPROX ?? fileURLToPath(new URL("target/debug/octoprox", ROOT));
const PATIENCE = 30_000;

/** Another program than ours, and under which account it runs. */
export interface Other {
  command: string;
  uid?: number;
  gid?: number;
}

export class Program {
  readonly log: string[] = [];
  private readonly child: ChildProcess;
  private heard: (() => void)[] = [];

  constructor(args: string[], env: Record<string, string>, folder: string, other?: Other) {
    const { command, ...account } = other ?? { command: PROGRAM };
    const all = { PATH: "", HOME: folder, ...env };
    this.child = spawn(command, args, { env: all, cwd: folder, ...account });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => this.hear(line));
    }
    this.child.on("error", (error) => this.hear(String(error)));
    this.child.on("exit", (code) => this.hear(`it has ended with ${code}`));
  }

  private hear(line: string): void {
    this.log.push(line);
    for (const tell of this.heard.splice(0)) tell();
  }

  /** What `find` makes of the first line that it finds something in. */
  async says<T>(find: (line: string) => T | undefined | null): Promise<T> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      for (const line of this.log) {
        const found = find(line);
        if (found !== undefined && found !== null) return found;
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`it never said so:\n${this.log.join("\n")}`);
      await new Promise<void>((resolve) => {
        this.heard.push(resolve);
        setTimeout(resolve, left);
      });
    }
  }

  /** The address of an open listener. */
  listens(name: string): Promise<string> {
    return this.says((line) => {
      if (!line.startsWith("{")) return null;
      const { message, listener, address } = JSON.parse(line);
      return message === "listening" && listener === name ? (address as string) : null;
    });
  }

  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill(signal);
    await ended;
  }
}

/** A folder that is gone with the test. */
export async function folder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "octoprox-console-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
