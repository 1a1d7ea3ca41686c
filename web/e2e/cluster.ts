// Three nodes that are one: one Postgres, one Redis, HAProxy in front, all real, with an empty database.
import { execFile } from "node:child_process";
import { chown, mkdir } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { folder, Program } from "./program";
import { setupToken, startExit, startNode, startTarget, type Target } from "./world";

const run = promisify(execFile);
const BALANCER = fileURLToPath(new URL("../../haproxy/haproxy.cfg", import.meta.url));
const NODES = ["node1", "node2", "node3"];
const EXITS = 3;

/** A part of the cluster with an address that clients or operators use. */
export interface Member {
  program: Program;
  /** Where clients send their traffic: `host:port`. */
  proxy: string;
  /** Where operators call. */
  api: string;
}

export interface Cluster {
  /** HAProxy: whichever node it chooses. */
  front: { proxy: string; api: string };
  nodes: Member[];
  /** The one-time link of the first start, at HAProxy. */
  setup: string;
  exits: { program: Program; address: string }[];
  target: Target;
  end: () => Promise<void>;
}

export async function cluster(): Promise<Cluster> {
  const place = await folder();
  const own = ownAddress();
  const front = { proxy: `${own}:18080`, api: `http://${own}:18000` };
  const target = await startTarget();
  const [postgres, redis] = await Promise.all([startPostgres(place.path), startRedis(place.path, own)]);
  const exits = Array.from({ length: EXITS }, () => startExit(place.path, target.address));
  const programs = NODES.map((name) =>
    startNode(place.path, {
      OCTOPROX_HOST: "127.0.0.1",
      OCTOPROX_INSTANCE_ID: name,
      OCTOPROX_DATABASE_URL: postgres.url,
      OCTOPROX_REDIS_URL: redis.url,
      OCTOPROX_PUBLIC_URL: front.api,
      OCTOPROX_TRUSTED_PROXIES: "127.0.0.1",
    }),
  );
  const nodes = await Promise.all(
    programs.map(async (program) => {
      const [proxy, api] = [await program.listens("proxy"), await program.listens("api")];
      return { program, proxy, api: `http://${api}` };
    }),
  );
  const balancer = await startBalancer(place.path, own, nodes);
  const [link, ...others] = await Promise.all(programs.map(setupToken));
  if (others.some((other) => other !== link)) throw new Error("each node offers another link");
  return {
    front,
    nodes,
    setup: `${front.api}/setup#${link}`,
    exits: await Promise.all(
      exits.map(async (program) => ({ program, address: await program.listens("exit") })),
    ),
    target,
    end: async () => {
      await Promise.all([balancer, ...programs, ...exits].map((program) => program.end()));
      await Promise.all([redis.program.end(), postgres.program.end("SIGQUIT")]);
      target.end();
      await place.remove();
    },
  };
}

/** An address of this process alone, for servers that cannot take any free port. */
function ownAddress(): string {
  return `127.201.${(process.pid >> 8) & 255}.${process.pid & 255}`;
}

async function startRedis(place: string, address: string) {
  const args = ["--bind", address, "--port", "16379", "--save", "", "--protected-mode", "no"];
  const program = new Program(args, {}, place, { command: "/usr/bin/redis-server" });
  await program.says((line) => line.includes("Ready to accept connections") || null);
  return { program, url: `redis://${address}:16379/0` };
}

/** A server that listens in a folder of its own; it refuses to run as root. */
async function startPostgres(place: string) {
  const at = `${place}/pg`;
  await mkdir(at, { mode: 0o700 });
  const account = process.getuid?.() === 0 ? await accountOf("postgres") : {};
  if (account.uid !== undefined) {
    await chown(at, account.uid, account.gid ?? 0);
    // What is above it has to let that account pass.
    await run("chmod", ["711", place]);
  }
  const versions = readdirSync("/usr/lib/postgresql").map(Number);
  const programs = `/usr/lib/postgresql/${Math.max(...versions)}/bin`;
  const how = ["-D", `${at}/data`, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"];
  await run(`${programs}/initdb`, how, { cwd: at, ...account });
  const settings = ["listen_addresses=", "fsync=off", "full_page_writes=off"].flatMap((one) => ["-c", one]);
  const args = ["-D", `${at}/data`, "-k", at, ...settings];
  const program = new Program(args, {}, at, { command: `${programs}/postgres`, ...account });
  await program.says((line) => line.includes("ready to accept connections") || null);
  return { program, url: `postgres://postgres@${at.replaceAll("/", "%2F")}/postgres` };
}

async function accountOf(name: string): Promise<{ uid?: number; gid?: number }> {
  const [uid, gid] = await Promise.all(["-u", "-g"].map((part) => run("id", [part, name])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

/** HAProxy with the configuration of this repository, once it lets every node in. */
async function startBalancer(place: string, address: string, nodes: Member[]): Promise<Program> {
  const env: Record<string, string> = {
    BIND_PROXY: `${address}:18080`,
    BIND_API: `${address}:18000`,
    BIND_STATS: `${address}:18404`,
  };
  nodes.forEach(({ proxy, api }, at) => {
    env[`NODE${at + 1}_PROXY`] = proxy;
    env[`NODE${at + 1}_API`] = new URL(api).host;
  });
  const program = new Program(["-db", "-f", BALANCER], env, place, { command: "/usr/sbin/haproxy" });
  const deadline = Date.now() + 30_000;
  while (!(await lets(`http://${address}:18404/stats;csv`, nodes.length))) {
    if (Date.now() > deadline) throw new Error(`no balancer:\n${program.log.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return program;
}

async function lets(stats: string, nodes: number): Promise<boolean> {
  const csv = await fetch(stats).then((answer) => answer.text(), () => "");
  const rows = csv.split("\n").filter((row) => /^(proxies|apis),node/.test(row));
  return rows.length === 2 * nodes && rows.every((row) => row.split(",")[17] === "UP");
}
