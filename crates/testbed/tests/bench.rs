//! `make bench` measures every proxy at every work. How fast anything is, no test asks.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

const WORKS: [&str; 10] =
    ["idle", "kept", "tunnel", "socks", "down-1", "down-8", "up-1", "up-8", "latency", "admin"];
const PEERS: [&str; 6] =
    ["direct", "octoprox", "haproxy-http", "haproxy-splice", "squid", "tinyproxy"];
/// Beside the node they need programs that nothing else does.
const INSIDE: [&str; 5] =
    ["https-kept", "https-kept-h2", "https-new", "https-new-there", "https-unseen"];

/// What the benchmark prints, which has so many seconds for it.
async fn bench(arguments: &[&str], seconds: u64) -> String {
    let running = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let ended = tokio::time::timeout(Duration::from_secs(seconds), running).await.unwrap().unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{text}");
    text
}

#[tokio::test]
async fn every_proxy_is_measured_at_every_work() {
    let works = format!("works={}", WORKS.join(","));
    let text = bench(&["rounds=1", "ms=100", "tunnels=50", &works], 80).await;
    let lines: Vec<Value> =
        text.lines().map_while(|line| serde_json::from_str(line).ok()).collect();
    for work in WORKS {
        let of_work = lines.iter().filter(|line| line["work"] == work);
        let measured: Vec<_> = of_work.filter_map(|line| line["peer"].as_str()).collect();
        let expected: &[&str] = match work {
            "socks" | "admin" => &PEERS[1..2],
            "idle" => &PEERS[1..],
            _ => &PEERS,
        };
        assert_eq!(measured, expected, "{work}");
    }
    let of_node = |work: &str| {
        lines.iter().find(|line| line["work"] == work && line["peer"] == "octoprox").unwrap()
    };
    assert_eq!((&of_node("idle")["held"], &of_node("idle")["lost"]), (&50.0.into(), &0.0.into()));
    assert_eq!(of_node("idle")["files/tunnel"], 2.0);
    assert!(of_node("kept")["requests/s"].as_f64().unwrap() > 0.0);
    assert!(text.contains("| octoprox | "), "{text}");
}

/// The clients believe nobody but the node's root, so the node has looked into every tunnel.
#[tokio::test]
async fn a_node_is_measured_at_looking_into_tunnels() {
    let works = format!("works={}", INSIDE.join(","));
    let text = bench(&["rounds=1", "ms=100", "peers=octoprox", &works], 80).await;
    let lines = text.lines().map_while(|line| serde_json::from_str::<Value>(line).ok());
    let measured: Vec<_> =
        lines.filter_map(|line| Some(line["work"].as_str()?.to_owned())).collect();
    assert_eq!(measured, INSIDE);
    assert!(text.contains("CPU µs/request") && text.contains("CPU µs/connection"), "{text}");
}

/// Some seconds of what `make soak` does for half an hour.
#[tokio::test]
async fn a_node_under_everything_at_once_closes_what_it_opened() {
    let text = bench(&["rounds=1", "ms=5000", "works=soak", "peers=octoprox"], 85).await;
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).expect(&text);
    let figure = |name: &str| line[name].as_f64().unwrap();
    assert!(figure("fine") > 100.0, "{text}");
    assert!(figure("sockets after") <= figure("sockets before"), "{text}");
}
