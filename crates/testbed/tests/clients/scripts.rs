//! HTTP libraries of Python and Node, each in a script that says what it met.

use serde_json::{Value, json};
use testbed::origin::sha256;
use testbed::tools::{Tool, script};
use testbed::wire::body::pattern;

use super::scene::Scene;

/// Runs a script of `crates/testbed/clients` and checks its report, which they all make alike.
async fn runs_well(tool: Tool, name: &str) {
    let scene = Scene::start().await;
    let (script, proxy, wrong, ca) =
        (script(name), scene.proxy("http"), scene.wrong("http"), scene.ca());
    let arguments = [&*script, &proxy, &wrong, &scene.plain.url(""), &scene.tls.url(""), &ca];
    let report = tool.run(&arguments).await.unwrap().json().unwrap().remove(0);
    for kind in ["plain", "secure"] {
        let met = &report[kind];
        scene.rotated(met["echoes"].as_array().unwrap());
        let download = pattern(0, 1_000_000);
        for framing in ["bytes", "chunked"] {
            assert_eq!(met[framing], sha256(&download), "{kind} {framing}");
        }
        for upload in ["upload", "stream"] {
            assert_eq!(met[upload]["method"], "POST", "{kind} {upload}");
            let expected = json!({ "bytes": 1_000_000, "sha256": sha256(&download) });
            assert_eq!(met[upload]["body"], expected, "{kind} {upload}");
        }
        assert_eq!(met["missing"], 404, "{kind}");
        assert!(is_407(&met["wrong"]), "{kind}: {}", met["wrong"]);
        assert_eq!(met["concurrent"], Value::from(vec![200; 20]), "{kind}");
    }
    scene.nothing_leaked();
}

/// Whether a client tells of a 407: as a status, or in what it makes of one in front of a tunnel.
fn is_407(wrong: &Value) -> bool {
    let told = ["407 Proxy Authentication Required", "Proxy response (407)"];
    let text = wrong.as_str().unwrap_or_default();
    *wrong == 407 || told.iter().any(|words| text.contains(words))
}

#[tokio::test]
async fn requests_of_python() {
    runs_well(Tool::python().unwrap(), "with_requests.py").await;
}

#[tokio::test]
async fn httpx_of_python() {
    runs_well(Tool::python().unwrap(), "with_httpx.py").await;
}

#[tokio::test]
async fn aiohttp_of_python() {
    runs_well(Tool::python().unwrap(), "with_aiohttp.py").await;
}

#[tokio::test]
async fn undici_of_node() {
    runs_well(Tool::node().unwrap(), "with_undici.cjs").await;
}
