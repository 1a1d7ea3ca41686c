// An installation that has been used for a while, made by calls of the API.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EXIT, type World } from "./world";

const run = promisify(execFile);
export const ADMIN = { username: "admin", password: "correct horse battery" };

export interface Furnished {
  project: string;
}

export async function furnish(world: World): Promise<Furnished> {
  const token = world.setup.split("#")[1];
  await call(world, "", "POST", "/auth/setup", { token, ...ADMIN });
  const { access_token } = await call(world, "", "POST", "/auth/login", ADMIN);
  const post = (path: string, body: unknown) => call(world, access_token, "POST", path, body);
  const { host } = new URL(world.target);
  const shop = await post("/projects", {
    name: "Price watch",
    description: "Prices of competitors, every morning",
    username: "prices",
    password: "prices-password",
    allow_targets: [host],
    caps: [
      { measure: "bytes", limit: 10_000_000_000, period: "month", action: "block" },
      { measure: "requests", limit: 15, period: "day", action: "alert" },
    ],
    inspection: { permille: 1000, keep: 100, body_bytes: 1000 },
    bans: [{ name: "captcha", signs: { status: ["403"], body: "captcha" } }],
  });
  await post("/projects", { name: "Search rank", username: "rank", password: "rank-password" });
  await post("/projects", {
    name: "Archive",
    description: "Not used since summer",
    username: "archive",
    password: "archive-password",
    enabled: false,
  });
  const inside = (path: string, body: unknown) => post(`/projects/${shop.id}${path}`, body);
  await inside("/credentials", {
    name: "Provider account",
    fields: { username: "customer-42", password: "secret-of-theirs" },
  });
  const own = await inside("/connectors", { name: "Own exits", weight: 3 });
  const bought = await inside("/connectors", {
    name: "Residential, bought",
    weight: 1,
    prices: { per_gb_micros: 4_500_000, per_request_micros: 0 },
    caps: [{ measure: "cost", limit: 50_000_000, period: "month", action: "interrupt", status: 429 }],
    rate_limit: { max_requests: 60, window_seconds: 60 },
  });
  await inside("/connectors", { name: "Direct, for emergencies", kind: "direct", priority: 1 });
  const list = (connector: string, text: string, country: string) => {
    const query = `connector_id=${connector}&country=${country}`;
    return upload(world, access_token, `/projects/${shop.id}/proxies/upload?${query}`, text);
  };
  await list(own.id, `${world.exit}:${EXIT.username}:${EXIT.password}`, "DE");
  // While it is the only one: a session that began at those that follow might never be served.
  await traffic(world, 1, [SESSION]);
  // Nobody listens there: they are found dead.
  const dead = Array.from({ length: 240 }, (_, at) => `127.0.${(at >> 6) + 3}.${at & 63}:9`);
  for (const [from, to, country] of [[0, 120, "US"], [120, 180, "BR"], [180, 220, "JP"], [220, 240, "ZA"]] as const)
    await list(bought.id, dead.slice(from, to).join("\n"), country);
  await post("/webhooks", { name: "Chat", url: "https://chat.example/hooks/1", project_id: shop.id });
  await post("/api-keys", { name: "nightly export", projects: [shop.id], expires_at: "2099-01-01T00:00:00Z" });
  const grants = { [shop.id]: "editor" };
  await post("/users", { username: "greta", role: "viewer", password: "correct horse battery", grants });
  await post("/users", { username: "editha", email: "editha@example.com", role: "editor" });
  await post("/users", { username: "victor", role: "viewer", password: "correct horse battery" });
  await traffic(world, 20, [PLAIN, SESSION]);
  return { project: shop.id };
}

const PLAIN = "prices:prices-password";
const SESSION = "prices-session-abc:prices-password";

/** Requests of these logins by turns, until so many have been served: the node may not have heard yet. */
async function traffic(world: World, served: number, logins: string[]): Promise<void> {
  for (let tries = 0; world.asked() < served && tries < 400; tries += 1) {
    const login = logins[tries % logins.length] ?? "";
    const args = ["-s", "-o", "/dev/null", "-x", `http://${world.proxy}`, "-U", login, world.target];
    await run("curl", args).catch(() => {});
  }
}

/** Where the API is: all that calls need to know. */
type At = Pick<World, "api">;

export async function call(world: At, token: string, method: string, path: string, body: unknown) {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (token !== "") headers.Authorization = `Bearer ${token}`;
  const url = `${world.api}/api/v1${path}`;
  return read(await fetch(url, { method, headers, body: JSON.stringify(body) }));
}

export async function upload(world: At, token: string, path: string, body: string) {
  const headers = { "Content-Type": "text/plain", Authorization: `Bearer ${token}` };
  return read(await fetch(`${world.api}/api/v1${path}`, { method: "POST", headers, body }));
}

async function read(answer: Response) {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${text}`);
  return text === "" ? {} : JSON.parse(text);
}
