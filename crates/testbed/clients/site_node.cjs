// What `undici` and Node's own HTTP/2 meet on the site whose TLS is ended on the way: argv is proxy
// and site. Whom to believe stands in `NODE_EXTRA_CA_CERTS`, as people do it.

const { createHash } = require("node:crypto");
const { once } = require("node:events");
const http = require("node:http");
const http2 = require("node:http2");
const tls = require("node:tls");
const { ProxyAgent, WebSocket, fetch } = require("undici");

const [proxy, site] = process.argv.slice(2);
const data = Uint8Array.from({ length: 1_000_000 }, (_, at) => at ^ (at >> 8) ^ (at >> 17));
const { origin, username, password } = new URL(proxy);
const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
const token = `Basic ${Buffer.from(login).toString("base64")}`;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** `get` and `post` by `fetch`, over HTTP/1.1. */
function byFetch(dispatcher) {
  const ask = (path, options) => fetch(site + path, { dispatcher, duplex: "half", ...options });
  return {
    async get(path, headers = {}) {
      const answer = await ask(path, { headers });
      return [answer.status, Buffer.from(await answer.arrayBuffer())];
    },
    post: async (path, body) => (await ask(path, { method: "POST", body })).json(),
    async lines(path, hear) {
      for await (const piece of (await ask(path)).body) await hear(Buffer.from(piece).toString());
    },
  };
}

/** The same by streams of one connection of HTTP/2, at the end of a tunnel of our own. */
async function byHttp2() {
  const { host, hostname } = new URL(site);
  const asked = http.request(origin, {
    method: "CONNECT",
    path: host,
    headers: { Host: host, "Proxy-Authorization": token },
  });
  asked.end();
  const [answer, socket] = await once(asked, "connect");
  if (answer.statusCode !== 200) throw new Error(`CONNECT: ${answer.statusCode}`);
  const secure = tls.connect({ socket, host: hostname, ALPNProtocols: ["h2"] });
  await once(secure, "secureConnect");
  const session = http2.connect(site, { createConnection: () => secure });
  const ask = async (fields, body) => {
    const stream = session.request(fields);
    stream.end(body);
    const [head] = await once(stream, "response");
    return [head[":status"], stream];
  };
  const whole = async ([status, stream]) => [status, Buffer.concat(await stream.toArray())];
  return {
    protocol: secure.alpnProtocol,
    issuer: secure.getPeerCertificate().issuer.CN,
    get: async (path, headers = {}) => whole(await ask({ ":path": path, ...headers })),
    async post(path, body) {
      const [, json] = await whole(await ask({ ":path": path, ":method": "POST" }, body));
      return JSON.parse(json);
    },
    /** Answered before all of it is there, and told that no more is wanted. */
    async early(path, body) {
      const [status, stream] = await ask({ ":path": path, ":method": "POST" }, body);
      const text = Buffer.concat(await stream.toArray()).toString();
      return [status, text, stream.rstCode];
    },
    async lines(path, hear) {
      const [, stream] = await ask({ ":path": path });
      for await (const piece of stream) await hear(piece.toString());
    },
    close: () => session.close(),
  };
}

/** Sends texts and bytes, and returns whether each came back as it was. */
async function converse(dispatcher) {
  const socket = new WebSocket(`${site.replace("https", "wss")}/socket`, { dispatcher });
  const sent = ["hello", "grüße", data.slice(0, 100), data.slice(0, 100_000)];
  const heard = [];
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = () => sent.forEach((message) => socket.send(message));
    socket.onerror = ({ error }) => reject(error);
    socket.onmessage = ({ data }) => {
      const bytes = typeof data === "string" ? data : Buffer.from(data);
      const expected = sent[heard.length];
      heard.push(typeof data === "string" ? data === expected : bytes.equals(expected));
      if (heard.length === sent.length) socket.close(1000);
    };
    socket.onclose = resolve;
  });
  return heard;
}

async function meet(client, name) {
  const events = [];
  await client.lines(`/events/${name}`, async (text) => {
    events.push(text.trim());
    await client.get(`/release/${name}`);
  });
  const told = ([status, bytes]) => [status, sha256(bytes)];
  const good = Array.from({ length: 20 }, async () => (await client.get("/good"))[0]);
  return {
    bytes: told(await client.get("/bytes/1000000")),
    stream: told(await client.get("/stream/1000000")),
    range: told(await client.get("/bytes/1000000", { range: "bytes=1000-1999" })),
    tagged: [
      (await client.get("/etag"))[0],
      (await client.get("/etag", { "if-none-match": '"v1"' }))[0],
    ],
    upload: (await client.post("/echo", data)).body,
    events,
    concurrent: await Promise.all(good),
  };
}

(async () => {
  const dispatcher = new ProxyAgent({ uri: origin, token });
  const fetched = await meet(byFetch(dispatcher), "undici");
  const websocket = await converse(dispatcher);
  await dispatcher.destroy();
  const session = await byHttp2();
  const { protocol, issuer } = session;
  const streamed = await meet(session, "http2");
  const early = await session.early("/early/413", Buffer.alloc(10_000_000));
  const after = (await session.get("/good"))[0];
  session.close();
  const both = { fetched, streamed };
  console.log(JSON.stringify({ ...both, websocket, protocol, issuer, early, after }));
})();
