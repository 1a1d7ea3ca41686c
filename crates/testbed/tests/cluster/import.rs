//! A list as long as they get: imported at one node, in force at all of them.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;
use testbed::clock::eventually;
use testbed::cluster::Cluster;
use testbed::control::Control;
use tokio::time::Instant;

const PROXIES: u32 = 100_000;
/// From the answer to the import until the last node serves it. A release build is to take 5 s; this
/// is none, and its three nodes share two cores with Postgres and whatever else runs there.
const EVERYWHERE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_proxies_reach_every_node() {
    let cluster = Cluster::start(&[]).await.unwrap();
    let project = cluster.control.project("long", json!({})).await.unwrap();
    let connector = cluster.control.connector(&project, "list", json!({})).await.unwrap();
    // Closed ports of this machine.
    let list = (0..PROXIES).fold(String::new(), |mut list, number| {
        let [_, high, middle, low] = (number * 7).to_be_bytes();
        writeln!(list, "127.{high}.{middle}.{low}:1").unwrap();
        list
    });
    let begun = Instant::now();
    let report = cluster.control.upload_to(&project, &connector, &list).await.unwrap();
    assert_eq!(report["created"], PROXIES, "{report}");
    let imported = Instant::now();
    for node in &cluster.nodes {
        let api = Control::stranger(node.api());
        let serves = || async {
            let exits = api.get("/health").await.ok()?["exits"].as_u64()?;
            (exits == u64::from(PROXIES)).then_some(())
        };
        eventually("all of them are in force", EVERYWHERE, serves).await.unwrap();
    }
    let everywhere = imported.elapsed();
    eprintln!("imported in {:?}, in force everywhere {everywhere:?} later", imported - begun);
    assert!(everywhere <= EVERYWHERE, "{everywhere:?}");
}
