//! Nodes that die, hang, are wedged, starved and restarted; and a balancer that is reloaded.

use std::time::Duration;

use model::proxy::Protocol;
use serde_json::json;
use testbed::client::login;
use testbed::clock::eventually;
use testbed::cluster::{Cluster, name};
use testbed::haproxy::{Fronts, HaProxy, Row};
use testbed::load::{Load, Plan};
use testbed::node::Node;
use testbed::process::raise_file_limit;
use testbed::proxies::Setup;
use testbed::weather::{Home, Sky, Weather};
use testbed::world::{PASSWORD, logins};
use tokio::time::Instant;

use super::scene::{LONG, Scene, form, ready, tell};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_04_a_serving_node_hangs() {
    let scene = Scene::set(&[]).await;
    let mut slowest = Duration::ZERO;
    for round in 0..form(1, 20) {
        let process = &scene.cluster.nodes[round % 3].process;
        process.freeze().unwrap();
        let stopped = Instant::now();
        scene.cluster.out(round % 3, LONG).await.unwrap();
        slowest = slowest.max(stopped.elapsed());
        scene.goes_on(1).await;
        process.thaw().unwrap();
        scene.cluster.all_in().await.unwrap();
    }
    assert!(slowest <= Duration::from_secs(3), "{slowest:?}");
    // Those that had been given to it were answered late; its tunnels went on.
    let report = scene.nobody_noticed().await.report;
    let measured = format!("0 of {} failed, 0 tunnels broke, out after {slowest:?}", report.fine);
    tell("4 node stopped", "out <= 3 s, tunnels go on", measured);
}

/// Restarts every node, one after another; how long each took to end.
async fn restart_all(cluster: &mut Cluster) -> Vec<Duration> {
    let mut took = Vec::new();
    for node in 0..cluster.nodes.len() {
        let process = &mut cluster.nodes[node].process;
        process.terminate().unwrap();
        let told = Instant::now();
        let status = process.ended(LONG).await.unwrap();
        took.push(told.elapsed());
        assert_eq!(status.code(), Some(0));
        cluster.start_again(node).await.unwrap();
    }
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_21_nodes_are_restarted_one_after_another() {
    let cluster = Cluster::start(&[]).await.unwrap();
    let plan = Plan { tunnel_life: Some(Duration::from_secs(form(2, 20))), ..Plan::default() };
    let mut scene = Scene::over(cluster, plan).await;
    let took = restart_all(&mut scene.cluster).await;
    let finished = scene.nobody_noticed().await;
    let carried = finished.counts_exactly().await;
    let measured = format!(
        "0 of {} failed, 0 of {} tunnels broke, usage {carried} = {carried}, nodes ended after \
         {took:?}",
        finished.report.fine, finished.report.tunnels_opened
    );
    tell("21 rolling restart", "0 fail, 0 tunnels break", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_22_a_node_is_asked_to_end() {
    let cluster = Cluster::start(&[]).await.unwrap();
    let plan = Plan { tunnel_life: Some(Duration::from_secs(form(2, 20))), ..Plan::default() };
    let mut scene = Scene::over(cluster, plan).await;
    let ending = scene.holder(|_| true).await;
    let door = scene.cluster.nodes[ending].proxy();
    scene.cluster.nodes[ending].process.terminate().unwrap();
    let told = Instant::now();
    let not_ready = || async { (ready(door).await? == 503).then_some(told.elapsed()) };
    let not_ready = eventually("/ready says 503", LONG, not_ready).await.unwrap();
    let closed = || async { ready(door).await.is_none().then_some(told.elapsed()) };
    let heir = async {
        scene.holder(|node| node != ending).await;
        told.elapsed()
    };
    let left = || async {
        let members = scene.cluster.members().await.ok()?;
        members.iter().all(|(id, _)| *id != name(ending)).then_some(told.elapsed())
    };
    let (closed, heir, left) = tokio::join!(
        eventually("the listener is closed", LONG, closed),
        heir,
        eventually("the heartbeat is deleted", LONG, left)
    );
    let (closed, left) = (closed.unwrap(), left.unwrap());
    let ended = scene.cluster.nodes[ending].process.ended(LONG).await.unwrap();
    let took = told.elapsed();
    assert_eq!(ended.code(), Some(0));
    assert!(not_ready <= Duration::from_secs(1), "{not_ready:?}");
    assert!(closed >= Duration::from_secs(3), "{closed:?}");
    // From its leaving, when whoever stands by looks each second, a fifth more or less.
    assert!(heir <= left.max(Duration::from_millis(1_300)) + Duration::from_secs(1), "{heir:?}");
    let finished = scene.nobody_noticed().await;
    finished.counts_exactly().await;
    let measured = format!(
        "0 of {} failed; not ready after {not_ready:?}, closed after {closed:?}, heartbeat deleted \
         after {left:?}, lease elsewhere after {heir:?}, ended after {took:?}",
        finished.report.fine
    );
    tell("22 SIGTERM", "503 at once, accepts >= 3 s, lease <= 1 s, exit 0", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_23_the_door_of_a_node_is_wedged() {
    let Scene { cluster, project, load, _exits } = Scene::set(&[]).await;
    load.end().await.unwrap();
    // The same nodes behind another balancer, which meets one of them through a relay.
    let wedge = Weather::before(Home::Tcp(cluster.nodes[2].proxy())).await.unwrap();
    let mut doors = [0, 1, 2].map(|node| (cluster.nodes[node].proxy(), cluster.nodes[node].api()));
    doors[2].0 = wedge.address();
    let balancer = HaProxy::start(Fronts::own(), doors).await.unwrap();
    let state = |wanted: fn(&Row) -> bool| {
        let balancer = &balancer;
        let so = move || async move {
            wanted(&balancer.server("proxies", "node3").await.ok()?).then_some(())
        };
        eventually("what the balancer thinks of it", LONG, so)
    };
    state(Row::is_up).await.unwrap();
    let fields = login(&project.username, PASSWORD);
    let load = Load::start(balancer.fronts().proxy, &fields, Plan::default()).await.unwrap();
    wedge.turns(Sky::Silent);
    let wedged = Instant::now();
    state(Row::is_down).await.unwrap();
    let out = wedged.elapsed();
    assert_eq!(ready(cluster.nodes[2].api()).await, Some(200));
    wedge.turns(Sky::Clear);
    state(Row::is_up).await.unwrap();
    let report = load.end().await.unwrap();
    assert_eq!((report.failed, report.broken.len(), report.gaps), (0, 0, 0), "{report:?}");
    assert!(out <= Duration::from_secs(2), "{out:?}");
    let measured = format!("0 of {} failed, out after {out:?}", report.fine);
    tell("23 :8080 wedged", "out <= 2 s", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_28_the_balancer_is_reloaded() {
    let scene = Scene::set(&[]).await;
    for _ in 0..form(2, 50) {
        scene.cluster.haproxy.reload().unwrap();
        scene.goes_on(1).await;
        scene.cluster.all_in().await.unwrap();
    }
    let finished = scene.nobody_noticed().await;
    finished.counts_exactly().await;
    let measured = format!("0 of {} failed, 0 tunnels broke", finished.report.fine);
    tell("28 HAProxy reloaded", "0 fail", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_29_a_node_runs_out_of_files() {
    let scene = Scene::set(&[]).await;
    let process = &scene.cluster.nodes[1].process;
    // Fewer than what it will never give back, so that it gets none at all.
    let before = process.squeeze_files(12).unwrap();
    let squeezed = Instant::now();
    scene.cluster.out(1, LONG).await.unwrap();
    let out = squeezed.elapsed();
    scene.goes_on(form(1, 30)).await;
    process.squeeze_files(before).unwrap();
    let relieved = Instant::now();
    let back = || async {
        (ready(scene.cluster.nodes[1].proxy()).await == Some(200)).then_some(relieved.elapsed())
    };
    let back = eventually("it takes clients again", LONG, back).await.unwrap();
    scene.cluster.all_in().await.unwrap();
    assert!(back <= Duration::from_secs(1), "{back:?}");
    let finished = scene.end().await;
    let report = &finished.report;
    assert!(report.failed_after(squeezed + out).is_empty(), "{:#?}", report.failures);
    assert!(report.broken.is_empty(), "{:#?}", report.broken);
    let measured = format!(
        "{} failed until it was out after {out:?}, 0 of {} then, 0 tunnels broke, takes clients \
         again after {back:?}",
        report.failed, report.fine
    );
    tell("29 no files left", "no exit, recovers <= 1 s", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_24_all_nodes_start_at_once_with_many_exits() {
    const EXITS: usize = 20_000;
    // Every request has another exit, and three sockets of this process that are kept for a while.
    let _granted = raise_file_limit(20_000);
    let mut cluster = Cluster::start_in_weather(&[]).await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let accounts: Vec<_> = (0..EXITS).map(|number| format!("account-{number}")).collect();
    let accounts = accounts.iter().map(|account| (account.as_str(), "exit-password"));
    let list = logins(&exit, accounts);
    let project = cluster.project_with("shop", json!({}), &list).await.unwrap();
    for node in &mut cluster.nodes {
        node.process.kill().await.unwrap();
    }
    let killed = Instant::now();
    let starting = cluster.nodes.iter_mut().map(Node::start_again);
    futures_util::future::try_join_all(starting).await.unwrap();
    let took = killed.elapsed();
    let mut most = 0;
    let fields = login(&project.username, PASSWORD);
    cluster.all_in().await.unwrap();
    let load = Load::start(cluster.proxy(), &fields, Plan::default()).await.unwrap();
    for _ in 0..form(2, 20) {
        load.answered(200, LONG).await.unwrap();
        let open = cluster.roads.iter().map(|roads| roads.postgres.connections());
        most = most.max(open.max().unwrap());
    }
    let report = load.end().await.unwrap();
    assert_eq!((report.failed, report.broken.len()), (0, 0), "{:#?}", report.failures);
    assert!(took <= Duration::from_secs(10), "{took:?}");
    assert!(most <= 20, "{most}");
    let measured = format!(
        "all ready after {took:?}, {most} connections of a node to Postgres, 0 of {} failed",
        report.fine
    );
    tell("24 all restart, 20,000 exits", "ready <= 10 s, <= 20 connections a node", measured);
}
