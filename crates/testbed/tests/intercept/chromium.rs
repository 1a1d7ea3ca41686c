//! Chromium, without a window, that believes the node because its store of certificates says so.

use std::time::Duration;

use serde_json::{Value, json};
use testbed::clock::{SOON, eventually};
use testbed::origin::sha256;
use testbed::process::Process;
use testbed::site::{Manner, Site};
use testbed::tools::Tool;
use testbed::wire::body::pattern;

use super::scene::Scene;

/// For a browser to start and to load a page, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_mins(1);

/// Shows the site in a fresh browser, in whose home there is a store with the node's root in it.
async fn browse(scene: &Scene, url: &str) -> Process {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join(".pki/nssdb");
    std::fs::create_dir_all(&store).unwrap();
    let store = format!("sql:{}", store.display());
    let certutil = Tool::installed("certutil").unwrap();
    let make = ["-N", "-d", &store, "--empty-password"];
    certutil.run(&make).await.unwrap().fine().unwrap();
    let trust = ["-A", "-d", &store, "-n", "octoprox", "-t", "C,,", "-i", &scene.ca()];
    certutil.run(&trust).await.unwrap().fine().unwrap();

    let profile = format!("--user-data-dir={}", home.path().join("profile").display());
    let proxy = format!("--proxy-server=http://{}", scene.world.node.proxy());
    let arguments = [
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
        url,
    ];
    Tool::installed("chromium").unwrap().start(home, &arguments).unwrap()
}

/// Waits until the page has told the site what it met, and ends the browser.
async fn report(site: &Site, mut browser: Process) -> Value {
    let told = || async {
        let mut paths = site.visits().into_iter().map(|visit| visit.path);
        let told = paths.find_map(|path| path.strip_prefix("/report?").map(decode))?;
        Some(serde_json::from_str(&told).unwrap())
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

async fn all_loads(protocols: &'static [&'static str]) {
    let fields = json!({ "source_cidrs": ["127.0.0.0/8"] });
    let scene = Scene::before(Manner { protocols, ..Manner::default() }, fields).await;
    let browser = browse(&scene, &scene.site.url("/")).await;
    let met = report(&scene.site, browser).await;
    let body = json!({ "bytes": 1_000_000, "sha256": sha256(&pattern(0, 1_000_000)) });
    let expected = json!({
        "color": "rgb(1, 2, 3)", "images": 4, "bytes": 200, "stream": 200, "gzip": 200, "br": 200,
        "range": 206, "upload": body, "missing": 404, "redirected": true, "tagged": [200, 200],
        "events": ["1", "2"], "protocol": "h2",
        "websocket": { "heard": [true, true, true, true], "wasClean": true },
    });
    assert_eq!(met, expected);
    let visits = scene.site.visits();
    let known = visits.iter().filter(|visit| visit.path == "/etag");
    let known: Vec<_> = known.map(|visit| visit.get("if-none-match").is_some()).collect();
    assert_eq!(known, [false, true], "the browser has asked whether it is still the same");
    let spoken = |visit: &&testbed::site::Visit| visit.protocol == protocols[0];
    let others: Vec<_> = visits.iter().filter(|visit| !spoken(visit)).collect();
    assert!(others.iter().all(|visit| visit.path == "/socket"), "{others:?}");
}

#[tokio::test]
async fn a_page_of_an_http2_site_loads_with_all_that_is_on_it() {
    all_loads(&["h2", "http/1.1"]).await;
}

#[tokio::test]
async fn a_page_of_an_http1_site_loads_with_all_that_is_on_it() {
    all_loads(&["http/1.1"]).await;
}
