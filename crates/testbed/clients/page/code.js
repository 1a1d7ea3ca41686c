// Loads in every way a page can, and tells the origin what came of it: `/status/204?{..}`.

const pattern = (count) => Uint8Array.from({ length: count }, (_, at) => at ^ (at >> 8) ^ (at >> 17));

const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

async function download(path, count) {
  const answer = await fetch(path);
  return same(new Uint8Array(await answer.arrayBuffer()), pattern(count));
}

async function upload(count) {
  const answer = await fetch("/echo", { method: "POST", body: pattern(count) });
  return (await answer.json()).body;
}

async function peers(count) {
  const asked = Array.from({ length: count }, async (_, number) => {
    return (await (await fetch(`/echo?${number}`, { cache: "no-store" })).json()).peer;
  });
  return Promise.all(asked);
}

/** Sends texts and bytes, and returns whether each came back as it was. */
function converse() {
  const { promise, resolve, reject } = Promise.withResolvers();
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/websocket`);
  const sent = ["hello", "grüße", pattern(100), pattern(10_000)];
  const heard = [];
  socket.binaryType = "arraybuffer";
  socket.onopen = () => sent.forEach((message) => socket.send(message));
  socket.onerror = () => reject(new Error("the socket broke"));
  socket.onmessage = ({ data }) => {
    const expected = sent[heard.length];
    const isText = typeof data === "string";
    heard.push(isText ? data === expected : same(new Uint8Array(data), expected));
    if (heard.length === sent.length) socket.close(1000);
  };
  socket.onclose = ({ wasClean }) => resolve({ heard, wasClean });
  return promise;
}

async function report() {
  const images = [...document.images];
  await Promise.all(images.map((image) => image.decode()));
  return {
    color: getComputedStyle(document.getElementById("styled")).color,
    images: images.filter((image) => image.naturalWidth === 12).length,
    bytes: await download("/bytes/1000000", 1_000_000),
    chunked: await download("/chunked/1000000", 1_000_000),
    upload: await upload(1_000_000),
    missing: (await fetch("/status/404")).status,
    redirected: (await fetch("/redirect")).url.endsWith("/echo"),
    peers: await peers(12),
    websocket: await converse(),
  };
}

function tell(met) {
  const text = JSON.stringify(met);
  document.getElementById("report").textContent = text;
  document.title = "done";
  return fetch(`/status/204?${encodeURIComponent(text)}`);
}

report().catch((error) => ({ error: String(error) })).then(tell);
