//! Bodies that nobody can hold: what they cost the node in memory.

use std::time::Duration;

use serde_json::json;
use testbed::clock::{SOON, eventually};
use testbed::site::{Manner, one_period, sha256_of_large};
use testbed::tools::Tool;

use super::scene::Scene;

/// Memory that a node may need on top of what it held before.
const GROWTH: u64 = 32 * 1024 * 1024;
const LENGTH: u64 = 1 << 30;

/// What the shell says of `script`, in which the proxy is `$0`, the root `$1`, and then what is
/// given; and the most memory that the node held meanwhile.
async fn run(scene: &Scene, script: &str, more: &[&str]) -> (String, u64) {
    let (proxy, ca) = (scene.proxy(""), scene.ca());
    let shell = Tool::installed("sh").unwrap();
    let arguments = [&["-c", script, &proxy, &ca], more].concat();
    let running = shell.run(&arguments);
    tokio::pin!(running);
    let mut most = 0;
    loop {
        most = most.max(scene.world.node.process.resident_bytes().unwrap());
        tokio::select! {
            said = &mut running => {
                return (String::from_utf8(said.unwrap().fine().unwrap()).unwrap(), most);
            }
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
    }
}

/// One that has worked before, so that what it holds anyway is there.
async fn warm(protocols: &'static [&'static str]) -> (Scene, u64) {
    let manner = Manner { protocols, ..Manner::default() };
    let scene = Scene::before(manner, json!({})).await;
    for flag in ["--http1.1", "--http2"] {
        let url = scene.site.url("/bytes/1000000");
        scene.curl(&[flag, &url]).await.fine().unwrap();
    }
    let before = scene.world.node.process.resident_bytes().unwrap();
    (scene, before)
}

#[track_caller]
fn stays_small(what: &str, (before, room): (u64, u64), most: u64) {
    eprintln!("{what}: {} MiB before, {} MiB at most", before >> 20, most >> 20);
    assert!(most < before + room, "{what}: from {before} to {most} bytes");
}

#[tokio::test]
async fn a_gibibyte_comes_down_and_memory_stays_flat() {
    let (scene, before) = warm(&["h2", "http/1.1"]).await;
    let url = scene.site.url(&format!("/bytes/{LENGTH}"));
    let script = r#"curl -sS --http2 -x "$0" --cacert "$1" "$2" | openssl dgst -sha256 -r"#;
    let (said, most) = run(&scene, script, &[&url]).await;
    assert_eq!(said.split(' ').next(), Some(&*sha256_of_large(LENGTH)));
    stays_small("1 GiB down", (before, GROWTH), most);
}

#[tokio::test]
async fn a_gibibyte_goes_up_and_memory_stays_flat() {
    let (scene, before) = warm(&["h2", "http/1.1"]).await;
    let (url, file) = (scene.site.url("/echo"), scene.file("period", one_period()));
    let times = (LENGTH / one_period().len() as u64).to_string();
    let script = r#"for i in $(seq "$4"); do cat "$3"; done |
        curl -sS --http2 -x "$0" --cacert "$1" -T - "$2""#;
    let (said, most) = run(&scene, script, &[&url, &file, &times]).await;
    let echo: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(echo["body"], json!({ "bytes": LENGTH, "sha256": sha256_of_large(LENGTH) }));
    stays_small("1 GiB up", (before, GROWTH), most);
}

#[tokio::test]
async fn clients_that_go_away_leave_nothing_behind() {
    for protocols in [&["http/1.1"][..], &["h2", "http/1.1"]] {
        let (scene, before) = warm(protocols).await;
        let sockets = scene.world.node.process.open_sockets().unwrap();
        let url = scene.site.url(&format!("/bytes/{LENGTH}"));
        for _ in 0..10 {
            // Both ways to leave: with the connection, and with some streams of it.
            let script = r#"curl -sS --http1.1 -x "$0" --cacert "$1" "$2" | head -c 1000000 | wc -c;
                curl -sS --http2 -Z -x "$0" --cacert "$1" "$2" -o - "$2" -o - | head -c 1000 | wc -c"#;
            let (said, _) = run(&scene, script, &[&url]).await;
            assert_eq!(said, "1000000\n1000\n");
        }
        // What was under way does not stand in the way.
        let length = 50_000_000;
        let url = scene.site.url(&format!("/bytes/{length}"));
        let script = r#"curl -sS -x "$0" --cacert "$1" "$2" | openssl dgst -sha256 -r"#;
        let (said, most) = run(&scene, script, &[&url]).await;
        assert_eq!(said.split(' ').next(), Some(&*sha256_of_large(length)), "{protocols:?}");
        stays_small("20 clients that went away", (before, GROWTH), most);
        let as_before = async || {
            let now = scene.world.node.process.open_sockets().unwrap();
            (now <= sockets + 4).then_some(())
        };
        eventually("their connections are gone", SOON, as_before).await.unwrap();
    }
}

#[tokio::test]
async fn a_hundred_streams_that_nobody_reads_are_not_held() {
    let (scene, before) = warm(&["h2", "http/1.1"]).await;
    let url = scene.site.url(&format!("/bytes/{LENGTH}?[1-100]"));
    let script = r#"timeout 6 curl -sS --http2 -Z --parallel-max 100 --limit-rate 1k -x "$0" \
        --cacert "$1" "$2" -o /dev/null; true"#;
    let (_, most) = run(&scene, script, &[&url]).await;
    // A quarter of a mebibyte for each, and what a hundred requests are anyway.
    stays_small("100 streams that nobody reads", (before, 40 << 20), most);
    assert!(scene.site.visits().len() > 50, "{}", scene.site.visits().len());
}
