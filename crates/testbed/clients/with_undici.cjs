// What `undici` meets behind the proxy: argv is proxy, wrong proxy, origins, authority.
// Its ProxyAgent opens a tunnel for every origin, plain ones too.

const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { inspect } = require("node:util");
const { ProxyAgent, fetch } = require("undici");

const [proxy, wrongProxy, plain, secure, ca] = process.argv.slice(2);
const data = Uint8Array.from({ length: 1_000_000 }, (_, at) => at ^ (at >> 8) ^ (at >> 17));

function agent(uri) {
  const url = new URL(uri);
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const token = `Basic ${Buffer.from(login).toString("base64")}`;
  return new ProxyAgent({ uri: url.origin, token, requestTls: { ca: readFileSync(ca) } });
}

async function sha256(dispatcher, url) {
  const answer = await fetch(url, { dispatcher });
  return createHash("sha256").update(Buffer.from(await answer.arrayBuffer())).digest("hex");
}

async function post(dispatcher, url, body) {
  return (await fetch(url, { dispatcher, method: "POST", body, duplex: "half" })).json();
}

function pieces() {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= data.length) return controller.close();
      controller.enqueue(data.slice(at, at + 70_001));
      at += 70_001;
    },
  });
}

async function echo(url) {
  const fresh = agent(proxy);
  const answer = await (await fetch(url, { dispatcher: fresh })).json();
  await fresh.close();
  return answer;
}

async function wrong(url) {
  const dispatcher = agent(wrongProxy);
  try {
    return (await fetch(url, { dispatcher })).status;
  } catch (error) {
    return inspect(error);
  } finally {
    await dispatcher.destroy();
  }
}

async function meet(origin) {
  const keeping = agent(proxy);
  const echoes = [];
  for (let number = 0; number < 6; number += 1) echoes.push(await echo(`${origin}/echo`));
  const asked = Array.from({ length: 20 }, async () => {
    const answer = await fetch(`${origin}/echo`, { dispatcher: keeping });
    await answer.arrayBuffer();
    return answer.status;
  });
  const met = {
    echoes,
    bytes: await sha256(keeping, `${origin}/bytes/1000000`),
    chunked: await sha256(keeping, `${origin}/chunked/1000000`),
    upload: await post(keeping, `${origin}/echo`, data),
    stream: await post(keeping, `${origin}/echo`, pieces()),
    missing: (await fetch(`${origin}/status/404`, { dispatcher: keeping })).status,
    wrong: await wrong(`${origin}/echo`),
    concurrent: await Promise.all(asked),
  };
  await keeping.destroy();
  return met;
}

(async () => {
  const report = { plain: await meet(plain), secure: await meet(secure) };
  console.log(JSON.stringify(report));
})();
