// What a scene takes place in: a node with an empty database, an exit, a target.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { folder, Program } from "./program";

export const EXIT = { username: "exit", password: "exit-password" };

export interface World {
  /** Where operators call. */
  api: string;
  /** Where clients send their traffic. */
  proxy: string;
  /** The one-time link of the first start. */
  setup: string;
  /** `host:port` of the exit. */
  exit: string;
  /** What clients ask for; it says `hello`. */
  target: string;
  /** How often the target was asked. */
  asked: () => number;
  /** Has the node end at once, as if its machine had lost its power. */
  kill: () => Promise<void>;
  end: () => Promise<void>;
}

export async function world(): Promise<World> {
  const place = await folder();
  const target = await startTarget();
  const exit = startExit(place.path, target.address);
  const node = startNode(place.path, {
    OCTOPROX_HOST: "127.0.0.1",
    OCTOPROX_DATABASE_URL: `sqlite://${place.path}/octoprox.db?mode=rwc`,
  });
  const [proxy, api, exitAddress, link] = await Promise.all([
    node.listens("proxy"),
    node.listens("api"),
    exit.listens("exit"),
    setupToken(node),
  ]);
  return {
    api: `http://${api}`,
    proxy,
    setup: `http://${api}/setup#${link}`,
    exit: exitAddress,
    target: target.url,
    asked: target.asked,
    kill: () => node.end(),
    end: async () => {
      await Promise.all([node.end(), exit.end()]);
      target.end();
      await place.remove();
    },
  };
}

/** A node with these settings on top of those that all have. */
export function startNode(folder: string, settings: Record<string, string>): Program {
  const own = {
    OCTOPROX_PROXY_PORT: "0",
    OCTOPROX_API_PORT: "0",
    OCTOPROX_SECRET_KEY: "c0ffee5f".repeat(8),
    OCTOPROX_LOG_FORMAT: "json",
  };
  return new Program(["serve"], { ...own, ...settings }, folder);
}

/** What the one-time link of the first start ends with. */
export function setupToken(node: Program): Promise<string> {
  return node.says((line) => /https?:\/\/[^\s"]*\/setup#([\w-]+)/.exec(line)?.[1]);
}

/** An exit that leads to the target and nowhere else. */
export function startExit(folder: string, target: string): Program {
  const settings = {
    OCTOPROX_EXIT_LISTEN: "127.0.0.1:0",
    OCTOPROX_EXIT_USERNAME: EXIT.username,
    OCTOPROX_EXIT_PASSWORD: EXIT.password,
    OCTOPROX_EXIT_ALLOW_TARGETS: target,
    OCTOPROX_LOG_FORMAT: "json",
  };
  return new Program(["exit"], settings, folder);
}

export interface Target {
  address: string;
  url: string;
  asked: () => number;
  end: () => void;
}

/** A website that says `hello`. */
export async function startTarget(): Promise<Target> {
  let asked = 0;
  const server = createServer((_request, answer) => {
    asked += 1;
    answer.end("hello");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, url: `http://${address}/`, asked: () => asked, end: () => server.close() };
}
