//! Nodes that die, hang, are wedged, starved and restarted.

use std::time::Duration;

use testbed::clock::eventually;
use testbed::cluster::name;
use tokio::time::Instant;

use super::scene::{LONG, Scene, tell};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_01_a_node_is_killed() {
    let mut scene = Scene::set(&[]).await;
    scene.cluster.nodes[1].process.kill().await.unwrap();
    let killed = Instant::now();
    scene.cluster.out(1, LONG).await.unwrap();
    let out = killed.elapsed();
    let missed = || async {
        let members = scene.cluster.members().await.ok()?;
        members.iter().all(|(id, _)| *id != name(1)).then_some(())
    };
    eventually("its heartbeat is gone", LONG, missed).await.unwrap();
    let missed = killed.elapsed();
    let report = scene.end().await.report;
    assert!(report.failed_after(killed).is_empty(), "{:#?}", report.failures);
    // A third of them went through that node, give or take one.
    assert!((15..=19).contains(&report.broken.len()), "{:#?}", report.broken);
    assert!(report.broken.iter().all(|tunnel| tunnel.ended < killed + Duration::from_secs(1)));
    assert!(out <= Duration::from_secs(2), "{out:?}");
    assert!(missed <= Duration::from_secs(10), "{missed:?}");
    let measured = format!(
        "0 of {} new requests failed, {} under way and {} of 50 tunnels broke, out after {out:?}, \
         missed after {missed:?}",
        report.fine,
        report.failed,
        report.broken.len()
    );
    tell("1 node killed", "0 new requests fail, out <= 2 s, missed <= 10 s", measured);
}
