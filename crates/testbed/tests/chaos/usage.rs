//! What clients used is counted once, whatever happens meanwhile.

use std::time::Duration;

use tokio::time::Instant;

use super::scene::{LONG, Scene, form, tell};

/// What a node took in this time before its death may be lost: it writes every 800 ms, a tenth more
/// or less, and a machine with other things to do is late.
const LOST: Duration = Duration::from_secs(2);

/// Connections that each node was given, again and again for longer than [`LOST`].
async fn watch(scene: &Scene) -> Vec<(Instant, Vec<u64>)> {
    let (mut seen, begun) = (Vec::new(), Instant::now());
    while begun.elapsed() < LOST + Duration::from_secs(1) {
        seen.push((Instant::now(), scene.cluster.shares().await.unwrap()));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    seen
}

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
    for _ in 0..form(1, 10) {
        let given = watch(&scene).await;
        let (first, last) = (&given[0].1, &given[given.len() - 1].1);
        // The one that has most to lose: HAProxy spares those that have more tunnels.
        let node = (0..last.len()).max_by_key(|node| last[*node] - first[*node]).unwrap();
        scene.cluster.nodes[node].process.kill().await.unwrap();
        let killed = Instant::now();
        let all = scene.cluster.shares().await.unwrap()[node];
        let earlier = given.iter().rfind(|(at, _)| *at + LOST <= killed).unwrap();
        lost_at_most += all - earlier.1[node];
        scene.cluster.start_again(node).await.unwrap();
        scene.goes_on(1).await;
        assert!(scene.load.report().failed_after(killed).is_empty());
    }
    let finished = scene.end().await;
    // Tunnels that broke count when they end, which they never did for a node that was dead by then.
    lost_at_most += finished.report.broken.len() as u64;
    // Requests that broke may have been counted before they did.
    let most = finished.report.carried() + finished.report.failed as u64;
    let least = finished.report.carried().saturating_sub(lost_at_most);
    let enough = || async { (finished.counted().await? >= least).then_some(()) };
    let reached = testbed::clock::eventually("the usage", LONG, enough).await;
    // The last flushes of the others are in it too, by then.
    tokio::time::sleep(2 * LOST).await;
    let counted = finished.counted().await.unwrap();
    assert!(reached.is_ok() && counted <= most, "{least} <= {counted} <= {most}");
    let measured = format!(
        "{counted} counted of {} carried, {} lost where {lost_at_most} may be",
        finished.report.carried(),
        finished.report.carried().saturating_sub(counted)
    );
    tell("25 kill -9 between flushes", "0 doubled, at most 1 s of a node lost", measured);
}
