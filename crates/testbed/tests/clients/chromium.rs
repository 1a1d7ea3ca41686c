//! Chromium, without a window: a page with all that pages load, and a WebSocket.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use testbed::clock::{SOON, eventually};
use testbed::origin::{Origin, sha256};
use testbed::process::Process;
use testbed::tools::Tool;
use testbed::wire::body::pattern;

use super::scene::Scene;

/// For a browser to start and to load a page, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_mins(1);

/// Shows a page in a fresh browser. Nothing is exempt from the proxy, not even this machine.
fn browse(scene: &Scene, scheme: &str, url: &str, more: &[&str]) -> Process {
    let folder = tempfile::tempdir().unwrap();
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let proxy = format!("--proxy-server={scheme}://{}", scene.world.node.proxy());
    let quiet = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--proxy-bypass-list=<-loopback>",
        &profile,
        &proxy,
    ];
    let arguments = [&quiet[..], more, &[url]].concat();
    Tool::installed("chromium").unwrap().start(folder, &arguments).unwrap()
}

/// Waits until the page has told `origin` what it met, after so many requests at least, and ends
/// the browser.
async fn report(origin: &Origin, begun: usize, mut browser: Process) -> Value {
    let told = || async {
        let requests = origin.requests();
        let mut requests = requests.iter().skip(begun);
        let told = requests.find_map(|r| r.head.target().strip_prefix("/status/204?"))?;
        Some(serde_json::from_str(&decode(told)).unwrap())
    };
    let met = eventually("the page has told what it met", PATIENCE, told).await;
    let log = browser.log();
    browser.terminate().unwrap();
    browser.ended(SOON).await.unwrap();
    met.unwrap_or_else(|why| panic!("{why:#}\n{}", log.join("\n")))
}

/// Undoes `encodeURIComponent`.
fn decode(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

/// Panics unless the page met what it should, through both exits.
#[track_caller]
fn all_loaded(met: &Value) {
    let body = json!({ "bytes": 1_000_000, "sha256": sha256(&pattern(0, 1_000_000)) });
    let mut expected = json!({
        "color": "rgb(1, 2, 3)", "images": 8, "bytes": true, "chunked": true, "upload": body,
        "missing": 404, "redirected": true,
        "websocket": { "heard": [true, true, true, true], "wasClean": true },
    });
    expected["peers"] = met["peers"].clone();
    assert_eq!(*met, expected);
}

#[tokio::test]
async fn a_page_loads_with_all_that_is_on_it() {
    let scene = Scene::with(json!({ "source_cidrs": ["127.0.0.0/8"] })).await;
    let met = report(&scene.plain, 0, browse(&scene, "http", &scene.plain.url("/page"), &[])).await;
    all_loaded(&met);
    let peers: BTreeSet<_> = met["peers"].as_array().unwrap().iter().map(Value::as_str).collect();
    assert_eq!(peers.len(), 2, "{met}");
    scene.nothing_leaked();
}

#[tokio::test]
async fn a_secure_page_loads_with_all_that_is_on_it() {
    let scene = Scene::with(json!({ "source_cidrs": ["127.0.0.0/8"] })).await;
    // A browser has no flag for an authority.
    let trust = ["--ignore-certificate-errors"];
    let met = report(&scene.tls, 0, browse(&scene, "http", &scene.tls.url("/page"), &trust)).await;
    all_loaded(&met);
    let exits: BTreeSet<_> = scene.tls.connections().iter().map(|line| line.peer.ip()).collect();
    assert_eq!(exits.len(), 2, "each tunnel leads through the next exit");
    scene.nothing_leaked();
}

#[tokio::test]
async fn a_page_loads_through_every_kind_of_proxy() {
    let scene = Scene::behind_tls(json!({ "source_cidrs": ["127.0.0.0/8"] })).await;
    let trust = ["--ignore-certificate-errors"];
    for scheme in ["https", "socks5", "socks4"] {
        let begun = scene.plain.request_count();
        let browser = browse(&scene, scheme, &scene.plain.url("/page"), &trust);
        all_loaded(&report(&scene.plain, begun, browser).await);
    }
    scene.nothing_leaked();
}

#[tokio::test]
async fn a_browser_without_a_login_is_told_so() {
    let scene = Scene::start().await;
    let browser = browse(&scene, "http", &scene.plain.url("/page"), &["--dump-dom"]);
    let told = || async {
        let mut lines = browser.log().into_iter();
        lines.find(|line| line.contains("ERR_INVALID_AUTH_CREDENTIALS"))
    };
    eventually("the browser says that it has no login", PATIENCE, told).await.unwrap();
    assert_eq!(scene.plain.connection_count(), 0);
}
