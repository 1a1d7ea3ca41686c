//! Redis forgets, goes away, hangs, is slow, and talks nonsense.

use std::time::Duration;

use serde_json::json;
use testbed::clock::eventually;
use testbed::cluster::name;
use testbed::weather::Sky;
use tokio::time::Instant;

use super::scene::{ELECTED, LIVE, LONG, Scene, form, health, tell};

/// All nodes, by their place.
const ALL: [usize; 3] = [0, 1, 2];
/// For nodes to be connected again.
const BACK: Duration = Duration::from_secs(5);
/// What a request may take longer while Redis is away. The table says 5 ms; this machine has other
/// things to do, and what must not happen is that a request waits for Redis at all.
const SLOWER: Duration = Duration::from_millis(250);

/// Commands a second that are no load, and no measure of one.
const QUIET: u64 = 100;

/// Commands that Redis has run so far, without those that ask.
async fn commands(scene: &Scene, asked: &mut u64) -> u64 {
    *asked += 2;
    let info = scene.cluster.redis.command(&["INFO", "stats"]).await.unwrap();
    let lines = info.as_str().unwrap().lines();
    let mut found = lines.filter_map(|line| line.strip_prefix("total_commands_processed:"));
    found.next().unwrap().trim().parse::<u64>().unwrap() - *asked
}

/// Most commands in any second of so many.
async fn busiest_second(scene: &Scene, seconds: usize) -> u64 {
    let (mut asked, mut most) = (0, 0);
    let mut before = commands(scene, &mut asked).await;
    for _ in 0..seconds {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = commands(scene, &mut asked).await;
        most = most.max(now - before);
        before = now;
    }
    most
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_05_redis_forgets_everything() {
    let mut scene = Scene::set(&[]).await;
    let mut told = Vec::new();
    for restart in [false, true] {
        let holder = scene.holder(|_| true).await;
        let (before, _) = scene.epoch(|_, writer| writer == name(holder)).await;
        if restart {
            scene.cluster.redis.process.kill().await.unwrap();
            scene.cluster.redis.start_again().await.unwrap();
        } else {
            scene.cluster.redis.flush_all().await.unwrap();
        }
        let wiped = Instant::now();
        let heir = scene.holder(|_| true).await;
        let elected = wiped.elapsed();
        let all = || async { (scene.cluster.members().await.ok()?.len() == 3).then_some(()) };
        eventually("three heartbeats", LONG, all).await.unwrap();
        let beating = wiped.elapsed();
        let (after, _) = scene.epoch(|epoch, writer| epoch > before && writer == name(heir)).await;
        assert!(
            elected <= ELECTED && beating <= Duration::from_secs(10),
            "{elected:?} {beating:?}"
        );
        told.push(format!("lease {elected:?}, heartbeats {beating:?}, epoch {before} -> {after}"));
    }
    let report = scene.nobody_noticed().await.report;
    let measured =
        format!("0 of {} failed; FLUSHALL: {}; restart: {}", report.fine, told[0], told[1]);
    tell("5 Redis empty", "0 fail, lease <= 6 s, heartbeats <= 10 s", measured);
}

/// Redis is away for a while: what happens then, and when it is back.
async fn away_and_back(row: &str, killed: bool) {
    let mut scene = Scene::set(&[]).await;
    let normal = busiest_second(&scene, form(2, 10)).await;
    let (before, _) = scene.epoch(|_, _| true).await;
    let begun = Instant::now();
    if killed {
        scene.cluster.redis.process.kill().await.unwrap();
    } else {
        scene.cluster.redis.process.freeze().unwrap();
    }
    let degraded = scene.coordination(&ALL, "degraded").await;
    scene.all_ready().await;
    let mut live = Duration::ZERO;
    for number in 0..form(1, 10) {
        live = live.max(scene.change(number).await);
    }
    // Long enough for whoever held a lease to give it up, so that the next epoch shows who is back.
    scene.goes_on(form(5, 60)).await;
    scene.all_ready().await;
    let over = Instant::now();
    if killed {
        scene.cluster.redis.start_again().await.unwrap();
    } else {
        scene.cluster.redis.process.thaw().unwrap();
    }
    let (peak, (back, elected)) = tokio::join!(busiest_second(&scene, form(3, 10)), async {
        let back = scene.coordination(&ALL, "connected").await;
        scene.epoch(|epoch, _| epoch > before).await;
        (back, over.elapsed())
    });
    let report = scene.nobody_noticed().await.report;
    let (before, during) = (report.p99(begun - LIVE, begun), report.p99(begun, over));
    assert!(live <= LIVE, "{live:?}");
    assert!(back <= BACK && elected <= ELECTED, "{back:?} {elected:?}");
    assert!(during <= before + SLOWER, "p99 {before:?} -> {during:?}");
    assert!(peak <= 3 * normal.max(QUIET), "{normal} -> {peak} commands a second");
    let measured = format!(
        "0 of {} failed, degraded after {degraded:?}, change live after {live:?}, p99 {before:?} -> \
         {during:?}; back after {back:?}, next epoch after {elected:?}, {normal} -> {peak} commands \
         a second",
        report.fine
    );
    tell(row, "0 fail, ready, change live <= 3 s; back <= 5 s, <= 3 x commands", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_06_and_07_redis_hangs_and_comes_back() {
    away_and_back("6 + 7 Redis stopped", false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_06_and_07_redis_is_killed_and_comes_back() {
    away_and_back("6 + 7 Redis killed", true).await;
}

fn turn(scene: &Scene, sky: Sky) {
    for roads in &scene.cluster.roads {
        roads.redis.turns(sky);
    }
}

/// What weather on all roads to Redis does to clients and changes.
async fn under(scene: &Scene, sky: Sky) -> Duration {
    turn(scene, sky);
    let live = scene.change(usize::from(sky != Sky::Clear)).await;
    scene.goes_on(form(1, 30)).await;
    scene.all_ready().await;
    assert!(live <= LIVE, "{sky:?}: {live:?}");
    live
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_08_redis_is_half_a_second_late() {
    let scene = Scene::set(&[]).await;
    let begun = Instant::now();
    let live = under(&scene, Sky::Late(Duration::from_millis(500))).await;
    let over = Instant::now();
    turn(&scene, Sky::Clear);
    let back = scene.coordination(&ALL, "connected").await;
    assert!(back <= BACK, "{back:?}");
    let report = scene.nobody_noticed().await.report;
    let (before, during) = (report.p99(begun - LIVE, begun), report.p99(begun, over));
    assert!(during <= before + SLOWER, "p99 {before:?} -> {during:?}");
    let measured = format!(
        "0 of {} failed, p99 {before:?} -> {during:?}, change live after {live:?}, back after {back:?}",
        report.fine
    );
    tell("8 Redis 500 ms late", "0 fail, nobody waits for it", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_09_the_road_to_redis_is_bad() {
    let scene = Scene::set(&[]).await;
    let mut told = Vec::new();
    for sky in [Sky::Lossy(100), Sky::Narrow(10_000), Sky::Cut] {
        told.push(format!("{sky:?}: change live after {:?}", under(&scene, sky).await));
    }
    turn(&scene, Sky::Clear);
    let back = scene.coordination(&ALL, "connected").await;
    assert!(back <= BACK, "{back:?}");
    let report = scene.nobody_noticed().await.report;
    let measured = format!("0 of {} failed, {}, back after {back:?}", report.fine, told.join(", "));
    tell("9 bad road to Redis", "0 fail, change live <= 3 s", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_10_nobody_hears_anything() {
    let scene = Scene::set(&[]).await;
    let mut live = Duration::ZERO;
    for number in 0..form(3, 50) {
        let kill = ["CLIENT", "KILL", "TYPE", "pubsub"];
        scene.cluster.redis.command(&kill).await.unwrap();
        live = live.max(scene.change(number).await);
    }
    let report = scene.nobody_noticed().await.report;
    assert!(live <= LIVE, "{live:?}");
    let measured = format!("0 of {} failed, slowest change live after {live:?}", report.fine);
    tell("10 pub/sub killed", "changes live <= 3 s", measured);
}

/// The revisions of all nodes.
async fn revisions(scene: &Scene) -> Vec<u64> {
    let mut revisions = Vec::new();
    for node in &scene.cluster.nodes {
        revisions.push(health(node).await.unwrap()["revision"].as_u64().unwrap());
    }
    revisions
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_11_notices_are_doubled_replayed_and_garbage() {
    let scene = Scene::set(&[]).await;
    let mut seen = revisions(&scene).await;
    let notice = |from: &str, revision: u64| {
        let text = json!({ "signal": "configuration_changed", "instance_id": from,
            "entity_id": "x", "op": "updated", "revision": revision });
        text.to_string()
    };
    let rounds = form(10, 200);
    for number in 0..rounds {
        scene.change(number).await;
        let now = revisions(&scene).await;
        let old = notice("node1", 1);
        let ahead = notice("stranger", now[0] + 1_000_000);
        for text in [&old, &old, &ahead, &notice("node2", now[0]), "{", "\u{0}", "[]", ""] {
            scene.cluster.redis.command(&["PUBLISH", "octoprox:events", text]).await.unwrap();
        }
        let after = revisions(&scene).await;
        let grew = |older: &[u64]| after.iter().zip(older).all(|(after, older)| after >= older);
        assert!(grew(&now) && grew(&seen), "{seen:?} {now:?} {after:?}");
        seen = after;
    }
    let live = scene.change(rounds).await;
    assert!(live <= LIVE, "{live:?}");
    let report = scene.nobody_noticed().await.report;
    let measured = format!(
        "0 regressions in {rounds} rounds of 8 messages, 0 of {} failed, change live after {live:?}",
        report.fine
    );
    tell("11 replayed notices", "revisions only grow", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_one_node_is_cut_off_from_redis() {
    let scene = Scene::set(&[]).await;
    let alone = scene.holder(|_| true).await;
    let (before, _) = scene.epoch(|_, writer| writer == name(alone)).await;
    scene.cluster.roads[alone].redis.turns(Sky::Silent);
    let cut = Instant::now();
    let heir = scene.holder(|node| node != alone).await;
    let elected = cut.elapsed();
    let (after, _) = scene.epoch(|_, writer| writer == name(heir)).await;
    let missed = || async {
        let members = scene.cluster.members().await.ok()?;
        members.iter().all(|(id, _)| *id != name(alone)).then_some(())
    };
    eventually("its heartbeat is gone", LONG, missed).await.unwrap();
    let missed = cut.elapsed();
    let live = scene.change(1).await;
    scene.all_ready().await;
    scene.coordination(&[alone], "degraded").await;
    scene.cluster.roads[alone].redis.turns(Sky::Clear);
    let back = scene.coordination(&[alone], "connected").await;
    assert_eq!(after, before + 1);
    assert_eq!(scene.epoch_now().await, (after, name(heir)), "the lonely one wrote");
    assert!(elected <= ELECTED && missed <= Duration::from_secs(10), "{elected:?} {missed:?}");
    assert!(live <= LIVE && back <= BACK, "{live:?} {back:?}");
    let report = scene.nobody_noticed().await.report;
    let measured = format!(
        "0 of {} failed, lease elsewhere after {elected:?}, missed after {missed:?}, change live \
         there after {live:?}, back after {back:?}",
        report.fine
    );
    tell("16 node without Redis", "serves; missed <= 10 s; holds nothing", measured);
}
