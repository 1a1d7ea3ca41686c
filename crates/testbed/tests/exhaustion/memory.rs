//! A node that has less memory than its work needs.

use std::fmt::Write as _;

use serde_json::json;
use testbed::clock::{SOON, eventually};

use super::stage::Stage;

/// Proxies in one upload, and how many uploads there are at most.
const PROXIES: u32 = 15_000;
const UPLOADS: u8 = 8;
/// What a node may have besides what it holds when nothing happens.
const SPARE: u64 = 16 << 20;

/// A list of closed ports of this machine, another one each time.
fn list(upload: u8) -> String {
    let mut list = String::new();
    for number in 0..PROXIES {
        let (third, fourth) = (number / 250, 1 + number % 250);
        writeln!(list, "127.{}.{third}.{fourth}:9:user{number}:secret", 200 + upload).unwrap();
    }
    list
}

async fn is_ready(stage: &Stage) -> bool {
    let mut probe = stage.world.client().await.unwrap();
    probe.ask("GET", "/ready", "").await.unwrap().status() == 200
}

#[tokio::test]
async fn a_roster_too_large_for_its_memory_is_noticed() {
    let idle = Stage::set(&[]).await.world.node.process.resident_bytes().unwrap();
    let limit = (idle + SPARE).to_string();
    let stage = Stage::set(&[("OCTOPROX_MEMORY_LIMIT", &limit)]).await;
    let many = stage.world.project("many", json!({})).await.unwrap();
    let connector = stage.world.connector(&many, "many", json!({})).await.unwrap();
    let mut tunnel = stage.ask_through_a_tunnel().await.unwrap();
    assert!(is_ready(&stage).await, "{idle} bytes of {limit}");

    let mut uploads = 0..UPLOADS;
    while is_ready(&stage).await {
        let upload = uploads.next().expect("the node takes more than it has room for");
        stage.world.upload(&many, &connector, &list(upload)).await.unwrap();
    }
    let refused = || async {
        let status = stage.status_of("http://target.test/echo", "").await;
        (status == 503).then_some(())
    };
    eventually("new requests are refused", SOON, refused).await.unwrap();
    // What was there goes on, and so does the API, where somebody can make room.
    assert_eq!(tunnel.ask("GET", "/echo", "").await.unwrap().status(), 200);
    stage.world.control.get("/api/v1/cluster").await.unwrap();
}
