//! Who does what must not be done twice, when holders die, hang and are cut off.

use std::time::Duration;

use testbed::cluster::name;
use tokio::time::Instant;

use super::scene::{ELECTED, Scene, form, tell};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_02_the_holder_of_a_lease_is_killed() {
    let mut scene = Scene::set(&[]).await;
    let dead = scene.holder(|_| true).await;
    let (before, _) = scene.epoch(|_, writer| writer == name(dead)).await;
    scene.cluster.nodes[dead].process.kill().await.unwrap();
    let killed = Instant::now();
    let heir = scene.holder(|node| node != dead).await;
    let took = killed.elapsed();
    let (after, _) = scene.epoch(|_, writer| writer == name(heir)).await;
    assert!(took <= ELECTED, "{took:?}");
    assert_eq!(after, before + 1);
    let report = scene.end().await.report;
    assert!(report.failed_after(killed).is_empty(), "{:#?}", report.failures);
    let measured = format!("{took:?}, epoch {before} -> {after}, 0 of {} failed", report.fine);
    tell("2 holder killed", "another holds within 6 s, epoch + 1", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_03_a_holder_that_was_stopped_writes_nothing() {
    let scene = Scene::set(&[]).await;
    let rounds = form(1, 200);
    let mut slowest = Duration::ZERO;
    for _ in 0..rounds {
        let asleep = scene.holder(|_| true).await;
        let (before, _) = scene.epoch(|_, writer| writer == name(asleep)).await;
        scene.cluster.nodes[asleep].process.freeze().unwrap();
        let stopped = Instant::now();
        let heir = scene.holder(|node| node != asleep).await;
        slowest = slowest.max(stopped.elapsed());
        let new = scene.epoch(|_, writer| writer == name(heir)).await;
        assert_eq!(new.0, before + 1);
        scene.cluster.nodes[asleep].process.thaw().unwrap();
        scene.cluster.all_in().await.unwrap();
        assert_eq!(scene.epoch_now().await, Some(new), "somebody who was stopped wrote");
        assert_eq!(scene.holder(|_| true).await, heir);
    }
    assert!(slowest <= ELECTED, "{slowest:?}");
    let finished = scene.nobody_noticed().await;
    finished.counts_exactly().await;
    let measured = format!("0 in {rounds} rounds, others held within {slowest:?}");
    tell("3 holder stopped", "0 stale writes", measured);
}
