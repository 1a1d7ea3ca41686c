//! What clients used is counted once, whatever happens meanwhile.

use std::time::Duration;

use tokio::time::Instant;

use super::scene::{LONG, Scene, form, tell};

/// Between two flushes of a node, unless it is told otherwise.
const FLUSH: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_fault_usage_is_what_clients_counted() {
    let scene = Scene::set(&[]).await;
    scene.goes_on(form(3, 60)).await;
    let finished = scene.nobody_noticed().await;
    let carried = finished.counts_exactly().await;
    tell("no fault", "usage = what clients counted", format!("{carried} = {carried}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_25_a_node_is_killed_between_two_flushes() {
    let mut scene = Scene::set(&[]).await;
    scene.goes_on(2).await;
    let mut lost_at_most = 0;
    for round in 0..form(1, 10) {
        let node = round % 3;
        // Whatever it took since the flush before the last moment, which may have been under way.
        let since = Instant::now().checked_sub(FLUSH.mul_f32(1.5)).unwrap();
        scene.cluster.nodes[node].process.kill().await.unwrap();
        let killed = Instant::now();
        let report = scene.load.report();
        let recent = report.took.iter().filter(|(at, took)| *at + *took >= since).count();
        lost_at_most += recent as u64 + report.failed as u64;
        scene.cluster.start_again(node).await.unwrap();
        scene.goes_on(1).await;
        assert!(scene.load.report().failed_after(killed).is_empty());
    }
    let finished = scene.end().await;
    // Requests that broke may have been counted before they did.
    let most = finished.report.carried() + finished.report.failed as u64;
    let least = finished.report.carried().saturating_sub(lost_at_most);
    let enough = || async { (finished.counted().await? >= least).then_some(()) };
    let reached = testbed::clock::eventually("the usage", LONG, enough).await;
    // The last flushes of the others are in it too, by then.
    tokio::time::sleep(2 * FLUSH).await;
    let counted = finished.counted().await.unwrap();
    assert!(reached.is_ok() && counted <= most, "{least} <= {counted} <= {most}");
    let measured = format!(
        "{counted} counted of {} carried, {} lost where {lost_at_most} may be",
        finished.report.carried(),
        finished.report.carried().saturating_sub(counted)
    );
    tell("25 kill -9 between flushes", "0 doubled, at most one flush interval lost", measured);
}
