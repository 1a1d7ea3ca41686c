//! Nodes that die, hang or are restarted, and clients that do not notice.

use std::io::Write as _;
use std::time::Duration;

use testbed::client::login;
use testbed::cluster::Cluster;
use testbed::world::PASSWORD;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::scene::{Scene, Tally, request};

/// For HAProxy to take a node out. How soon it must is a matter of its configuration, and looked at
/// there: a machine with other things to do is late in other ways.
const OUT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn new_requests_go_on_when_a_node_is_killed() {
    let mut scene = Scene::set(&[]).await;
    scene.ask(6).await.none_failed();
    scene.cluster.nodes[1].process.kill().await.unwrap();
    // From the first moment on: that HAProxy has not noticed yet must not matter either.
    scene.ask(200).await.none_failed();
    scene.cluster.out(1, OUT).await.unwrap();
    let before = scene.cluster.shares().await.unwrap();
    scene.ask(20).await.none_failed();
    assert_eq!(scene.cluster.shares().await.unwrap()[1], before[1]);
    scene.cluster.start_again(1).await.unwrap();
    scene.ask(30).await.none_failed();
    assert!(scene.cluster.shares().await.unwrap()[1] > before[1], "it is given nobody");
}

#[tokio::test]
async fn nobody_notices_a_rolling_restart() {
    let Scene { origin, exits, mut cluster, project } = Scene::set(&[]).await;
    let proxy = cluster.proxy();
    let mut tally = Tally::default();
    let done = CancellationToken::new();
    let trickle = async {
        let mut number = 0;
        while !done.is_cancelled() {
            let outcome = request(proxy, &project, &origin, number).await;
            tally.note(outcome);
            number += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let restarts = async {
        for node in 0..cluster.nodes.len() {
            restart(&mut cluster, node).await;
        }
        done.cancel();
    };
    tokio::join!(trickle, restarts);
    tally.none_failed();
    assert!(tally.fine > 300, "{}", tally.fine);
    assert!(exits.iter().all(|exit| exit.forwarded() + exit.tunnels() > 0));
}

async fn restart(cluster: &mut Cluster, node: usize) {
    let process = &mut cluster.nodes[node].process;
    process.terminate().unwrap();
    let status = process.ended(Duration::from_secs(30)).await.unwrap();
    assert_eq!(status.code(), Some(0));
    cluster.start_again(node).await.unwrap();
}

#[tokio::test]
async fn a_node_that_hangs_is_taken_out_and_comes_back_with_its_tunnels() {
    let scene = Scene::set(&[]).await;
    let cluster = &scene.cluster;
    let target = scene.origin.address().to_string();
    let fields = login(&scene.project.username, PASSWORD);
    // One tunnel through each node, as they all have as few connections as the others.
    let mut tunnels = Vec::new();
    for _ in 0..cluster.nodes.len() {
        let mut client = cluster.client().await.unwrap();
        assert_eq!(client.tunnel(&target, &fields).await.unwrap().status(), 200);
        tunnels.push(client);
    }
    let begun = Instant::now();
    cluster.nodes[2].process.freeze().unwrap();
    cluster.out(2, OUT).await.unwrap();
    writeln!(std::io::stderr(), "measured: a hanging node is out after {:?}", begun.elapsed())
        .unwrap();
    let before = cluster.shares().await.unwrap();
    scene.ask(40).await.none_failed();
    assert_eq!(cluster.shares().await.unwrap()[2], before[2]);
    cluster.nodes[2].process.thaw().unwrap();
    cluster.all_in().await.unwrap();
    for mut client in tunnels {
        let answer = client.ask("GET", "/echo", "").await.unwrap();
        assert_eq!(answer.status(), 200, "a tunnel did not outlive the pause");
    }
}

#[tokio::test]
async fn a_reload_of_the_balancer_cuts_nobody_off() {
    let scene = Scene::set(&[]).await;
    let cluster = &scene.cluster;
    let target = scene.origin.address().to_string();
    let fields = login(&scene.project.username, PASSWORD);
    let mut tunnel = cluster.client().await.unwrap();
    assert_eq!(tunnel.tunnel(&target, &fields).await.unwrap().status(), 200);
    scene.ask(20).await.none_failed();
    cluster.haproxy.reload().unwrap();
    // A new worker counts from nothing.
    let mut is_new = false;
    for _ in 0..500 {
        scene.ask(1).await.none_failed();
        is_new = cluster.shares().await.unwrap().iter().sum::<u64>() < 20;
        if is_new {
            break;
        }
    }
    assert!(is_new, "the reload did not happen");
    scene.ask(20).await.none_failed();
    assert_eq!(tunnel.ask("GET", "/echo", "").await.unwrap().status(), 200);
}
