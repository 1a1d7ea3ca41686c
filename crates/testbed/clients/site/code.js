// Loads in every way a page can, and tells the site what came of it: `/report?{..}`.

const pattern = (count) => Uint8Array.from({ length: count }, (_, at) => at ^ (at >> 8) ^ (at >> 17));

const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

async function loads(path, expected, options = {}) {
  const answer = await fetch(path, options);
  return same(new Uint8Array(await answer.arrayBuffer()), expected) && answer.status;
}

async function upload(count) {
  const answer = await fetch("/echo", { method: "POST", body: pattern(count) });
  return (await answer.json()).body;
}

/** The second event comes when the first has been heard, and only then. */
function events() {
  const { promise, resolve, reject } = Promise.withResolvers();
  const source = new EventSource("/events/page");
  const heard = [];
  source.onerror = () => reject(new Error("the events broke"));
  source.onmessage = ({ data }) => {
    heard.push(data);
    if (heard.length === 1) return fetch("/release/page");
    source.close();
    return resolve(heard);
  };
  return promise;
}

/** Sends texts and bytes, and returns whether each came back as it was. */
function converse() {
  const { promise, resolve, reject } = Promise.withResolvers();
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/socket`);
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
  const part = { headers: { Range: "bytes=1000-1999" }, cache: "no-store" };
  const met = {
    color: getComputedStyle(document.getElementById("styled")).color,
    images: images.filter((image) => image.naturalWidth === 12).length,
    bytes: await loads("/bytes/1000000", pattern(1_000_000)),
    stream: await loads("/stream/1000000", pattern(1_000_000)),
    gzip: await loads("/gzip", pattern(100_000)),
    br: await loads("/br", pattern(100_000)),
    range: await loads("/bytes/1000000", pattern(2000).slice(1000), part),
    upload: await upload(1_000_000),
    missing: (await fetch("/status/404")).status,
    redirected: (await fetch("/redirect")).url.endsWith("/echo"),
    // A browser asks whether it is still the same, and takes what it has.
    tagged: [(await fetch("/etag")).status, (await fetch("/etag")).status],
    events: await events(),
    websocket: await converse(),
  };
  const entry = performance.getEntriesByType("navigation")[0];
  return { ...met, protocol: entry.nextHopProtocol };
}

function tell(met) {
  document.title = "done";
  return fetch(`/report?${encodeURIComponent(JSON.stringify(met))}`);
}

report().catch((error) => ({ error: String(error) })).then(tell);
