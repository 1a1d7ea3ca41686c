//! HTTP libraries of Python and Node, each in a script that says what it met.

use serde_json::{Value, json};
use testbed::origin::sha256;
use testbed::site::Manner;
use testbed::tools::{Tool, script};
use testbed::wire::body::pattern;

use super::scene::Scene;

/// Panics unless a script has met what the site shows.
#[track_caller]
fn all_met(met: &Value) {
    let whole = json!([200, sha256(&pattern(0, 1_000_000))]);
    let body = json!({ "bytes": 1_000_000, "sha256": sha256(&pattern(0, 1_000_000)) });
    assert_eq!(met["bytes"], whole);
    assert_eq!(met["stream"], whole);
    assert_eq!(met["range"], json!([206, sha256(&pattern(1000, 1000))]));
    assert_eq!(met["tagged"], json!([200, 304]));
    assert_eq!(met["upload"], body);
    assert_eq!(met["events"], json!(["data: 1", "data: 2"]));
    assert_eq!(met["concurrent"], Value::from(vec![200; 20]));
}

#[tokio::test]
async fn requests_of_python() {
    let scene = Scene::start().await;
    let python = Tool::python().unwrap().with("REQUESTS_CA_BUNDLE", scene.ca());
    let arguments = [&*script("site_requests.py"), &scene.proxy(""), &scene.site.url("")];
    let met = python.run(&arguments).await.unwrap().json().unwrap().remove(0);
    all_met(&met);
    assert_eq!(met["streamed"], met["upload"]);
    assert_eq!(met["gzip"], json!([200, sha256(&pattern(0, 100_000))]));
}

#[tokio::test]
async fn undici_and_http2_of_node() {
    for protocols in [&["http/1.1"][..], &["h2", "http/1.1"]] {
        let manner = Manner { protocols, ..Manner::default() };
        by_node(&Scene::before(manner, json!({})).await).await;
    }
}

async fn by_node(scene: &Scene) {
    let node = Tool::node().unwrap().with("NODE_EXTRA_CA_CERTS", scene.ca());
    let arguments = [&*script("site_node.cjs"), &scene.proxy(""), &scene.site.url("")];
    let met = node.run(&arguments).await.unwrap().json().unwrap().remove(0);
    all_met(&met["fetched"]);
    all_met(&met["streamed"]);
    assert_eq!((&met["early"], &met["after"]), (&json!([413, "early\n", 0]), &200.into()));
    assert_eq!(met["protocol"], "h2");
    assert_eq!(met["websocket"], json!([true, true, true, true]));
    assert_ne!(met["issuer"], "testbed authority", "{met}");
}
