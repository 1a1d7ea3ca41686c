//! Postgres goes away, hangs, fails over, or is out of reach for one node.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::cluster::Cluster;
use testbed::control::Control;
use testbed::haproxy::Fronts;
use testbed::load::Plan;
use testbed::node::ADMIN;
use testbed::postgres::Postgres;
use testbed::redis::Redis;
use testbed::weather::{Home, Sky, Weather};
use tokio::time::Instant;

use super::scene::{LIVE, LONG, Scene, form, health, ready, tell};

/// What somebody who asks the API waits for at most.
const ANSWER: Duration = Duration::from_secs(3);

/// Insists that a read and a write are refused in time; the longest wait.
async fn refused_soon(control: &Control, project: &str) -> Duration {
    let change = json!({ "name": "never" });
    let asked = [
        (("GET", project), "", None),
        (("PATCH", project), "If-Match: \"1\"\r\n", Some(&change)),
        (("POST", "/api/v1/projects"), "", Some(&change)),
    ];
    let begun = Instant::now();
    let ask = async |(what, fields, body)| {
        let called = control.call(what, fields, body).await.unwrap();
        assert_eq!(called.status, 503, "{what:?}: {called:?}");
    };
    let [read, change, create] = asked;
    tokio::join!(ask(read), ask(change), ask(create));
    let longest = begun.elapsed();
    assert!(longest <= ANSWER, "{longest:?}");
    longest
}

/// Waits until operators can write; how long that took.
async fn writable(scene: &Scene) -> Duration {
    let begun = Instant::now();
    let change = json!({ "name": "back" });
    let written = || async {
        let patched = scene.cluster.control.patch(&scene.project.path, &change).await;
        patched.ok().map(drop)
    };
    let came = eventually("a write", LONG, written).await;
    let last = scene.cluster.control.patch(&scene.project.path, &change).await;
    assert!(came.is_ok(), "{last:?}");
    begun.elapsed()
}

/// Postgres is back: operators can write again, no client has noticed, and all is counted.
async fn nothing_was_lost(scene: Scene, longest: Duration, (row, expected): (&str, &str)) {
    let back = writable(&scene).await;
    let finished = scene.nobody_noticed().await;
    let carried = finished.counts_exactly().await;
    let measured = format!(
        "0 of {} failed, 503 within {longest:?}, writes {back:?} after its return, usage {carried} \
         = {carried}",
        finished.report.fine
    );
    tell(row, expected, measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_12_postgres_is_away() {
    let mut scene = Scene::set(&[]).await;
    scene.cluster.postgres.stop().unwrap();
    let longest = refused_soon(&scene.cluster.control, &scene.project.path).await;
    scene.goes_on(form(2, 90)).await;
    scene.all_ready().await;
    scene.cluster.postgres.start_again().await.unwrap();
    let expected = "0 fail, writes 503 <= 3 s, usage exact";
    nothing_was_lost(scene, longest, ("12 Postgres away", expected)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_13_a_node_starts_while_postgres_is_away() {
    let mut scene = Scene::set(&[]).await;
    scene.cluster.postgres.stop().unwrap();
    let node = &mut scene.cluster.nodes[1];
    node.process.kill().await.unwrap();
    let killed = Instant::now();
    node.start_again().await.unwrap();
    let took = killed.elapsed();
    let health = health(node).await.unwrap();
    assert_eq!(health["roster"]["source"], "copy", "{health}");
    let mut client = Client::connect(node.proxy()).await.unwrap();
    let fields = login(&scene.project.username, "a-wrong-password");
    let answer = client.ask("GET", "http://127.0.0.1:9/", &fields).await.unwrap();
    assert_eq!(answer.status(), 407);
    scene.cluster.all_in().await.unwrap();
    scene.goes_on(1).await;
    assert!(took <= Duration::from_secs(5), "{took:?}");
    scene.cluster.postgres.start_again().await.unwrap();
    writable(&scene).await;
    let report = scene.end().await.report;
    assert!(report.failed_after(killed).is_empty(), "{:#?}", report.failures);
    let measured = format!("0 of {} failed, ready after {took:?}", report.fine);
    tell("13 start without Postgres", "ready <= 5 s from the sealed copy", measured);
}

/// A primary and its standby, each behind a relay that gives it a port.
async fn fails_over(row: &str, signal: Signal) {
    let (primary, redis) = tokio::try_join!(Postgres::start(), Redis::start()).unwrap();
    let standby = primary.standby().await.unwrap();
    let a = Weather::before(Home::Unix(standby.socket())).await.unwrap();
    let b = Weather::before(Home::Unix(primary.socket())).await.unwrap();
    let url = format!(
        "postgres://postgres@{},{}/postgres?target_session_attrs=read-write",
        a.address(),
        b.address()
    );
    let settings = [("OCTOPROX_DATABASE_URL", &*url)];
    let parts = ((primary, redis), Vec::new(), Fronts::own());
    let cluster = Cluster::start_over(parts.0, parts.1, parts.2, &settings).await.unwrap();
    let scene = Scene::over(cluster, Plan::default()).await;
    scene.cluster.postgres.signal(signal).unwrap();
    let longest = refused_soon(&scene.cluster.control, &scene.project.path).await;
    standby.promote().await.unwrap();
    let took = writable(&scene).await;
    scene.cluster.in_force().await.unwrap();
    let finished = scene.nobody_noticed().await;
    // What the primary had not handed on when it died is lost: Postgres copies after it answers.
    let carried = finished.report.carried();
    let all = || async { (finished.counted().await? >= carried).then_some(()) };
    let _lost = eventually("the usage", Duration::from_secs(5), all).await;
    let counted = finished.counted().await.unwrap();
    assert!(counted <= carried && took <= Duration::from_secs(5), "{counted} {carried} {took:?}");
    let measured = format!(
        "0 of {} failed, 503 within {longest:?}, writes {took:?} after promotion, {counted} of \
         {carried} counted",
        finished.report.fine
    );
    tell(row, "0 fail, writes <= 5 s after promotion", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_a_standby_takes_over_from_a_dead_primary() {
    fails_over("14 primary killed", Signal::KILL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_a_standby_takes_over_from_a_hanging_primary() {
    fails_over("14 primary stopped", Signal::STOP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_15_postgres_hangs() {
    let scene = Scene::set(&[]).await;
    scene.cluster.postgres.signal(Signal::STOP).unwrap();
    let longest = refused_soon(&scene.cluster.control, &scene.project.path).await;
    scene.goes_on(form(1, 60)).await;
    scene.all_ready().await;
    scene.cluster.postgres.signal(Signal::CONT).unwrap();
    let expected = "0 fail, 503 <= 3 s, usage exact";
    nothing_was_lost(scene, longest, ("15 Postgres stopped", expected)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_17_one_node_is_cut_off_from_postgres() {
    let scene = Scene::set(&[]).await;
    let api = |node: usize| Control::login(scene.cluster.nodes[node].api(), ADMIN);
    let (alone, other) = (api(2).await.unwrap(), api(0).await.unwrap());
    scene.cluster.roads[2].postgres.turns(Sky::Silent);
    let longest = refused_soon(&alone, &scene.project.path).await;
    let change = json!({ "name": "elsewhere" });
    other.patch(&scene.project.path, &change).await.unwrap();
    assert_eq!(ready(scene.cluster.nodes[2].proxy()).await, Some(200));
    scene.goes_on(form(1, 60)).await;
    scene.cluster.roads[2].postgres.turns(Sky::Clear);
    let begun = Instant::now();
    scene.cluster.in_force().await.unwrap();
    let back = begun.elapsed();
    assert!(back <= LIVE, "{back:?}");
    let finished = scene.nobody_noticed().await;
    let carried = finished.counts_exactly().await;
    let measured = format!(
        "0 of {} failed, its API 503 within {longest:?}, up to date {back:?} after its return, \
         usage {carried} = {carried}",
        finished.report.fine
    );
    tell("17 node without Postgres", "serves; its API 503 <= 3 s", measured);
}
