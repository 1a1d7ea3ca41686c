//! Who does what must not be done twice, when holders die, hang and are cut off.

use std::time::Duration;

use testbed::clock::eventually;
use testbed::cluster::{Cluster, name};
use testbed::control::Control;
use testbed::haproxy::Fronts;
use testbed::load::Plan;
use testbed::node::ADMIN;
use testbed::postgres::Postgres;
use testbed::redis::Redis;
use testbed::weather::Sky;
use tokio::time::Instant;

use super::scene::{ELECTED, LONG, Scene, epoch_at, form, tell};

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
    let mut scene = Scene::set(&[]).await;
    let rounds = form(1, 200);
    let (mut slowest, mut anew) = (Duration::ZERO, 0);
    for _ in 0..rounds {
        // A token lasts a quarter of an hour, and the long form is longer.
        let api = scene.cluster.haproxy.fronts().api;
        scene.cluster.control = Control::login(api, ADMIN).await.unwrap();
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
        let (epoch, writer) = scene.epoch_now().await;
        assert_eq!(writer, name(heir), "somebody who was stopped wrote");
        // A holder that this machine kept from renewing its lease in time begins another epoch.
        anew += usize::from(epoch > new.0);
        assert_eq!(scene.holder(|_| true).await, heir);
    }
    assert!(slowest <= ELECTED && anew <= rounds / 20, "{slowest:?}, {anew} anew");
    let finished = scene.nobody_noticed().await;
    finished.counts_exactly().await;
    let measured =
        format!("0 in {rounds} rounds, others held within {slowest:?}, {anew} began another epoch");
    tell("3 holder stopped", "0 stale writes", measured);
}

/// Debian's libfaketime, which lies to a program about the time of day, and not about how long
/// things take.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_19_clocks_differ_by_hours() {
    assert!(std::path::Path::new(FAKETIME).exists(), "faketime is not installed: make deps");
    let mut cluster = Cluster::start(&[]).await.unwrap();
    for (node, offset) in [(1, "+1h"), (2, "-1h x1.01")] {
        let process = &mut cluster.nodes[node].process;
        process.set("LD_PRELOAD", FAKETIME);
        process.set("FAKETIME", offset);
        process.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        cluster.start_again(node).await.unwrap();
    }
    // A token of one node is old, or not valid yet, at the others.
    let mut controls = Vec::new();
    for node in &cluster.nodes {
        controls.push(Control::login(node.api(), ADMIN).await.unwrap());
    }
    cluster.control = controls[0].clone();
    let scene = Scene::over(cluster, Plan::default()).await;
    for _ in 0..form(1, 10) {
        let asleep = scene.holder(|_| true).await;
        let (before, _) = epoch_at(&controls[asleep], |_, writer| writer == name(asleep)).await;
        scene.cluster.nodes[asleep].process.freeze().unwrap();
        let heir = scene.holder(|node| node != asleep).await;
        let (after, _) = epoch_at(&controls[heir], |_, writer| writer == name(heir)).await;
        assert_eq!(after, before + 1);
        scene.cluster.nodes[asleep].process.thaw().unwrap();
        scene.cluster.all_in().await.unwrap();
        let now = epoch_at(&controls[heir], |_, _| true).await;
        assert_eq!(now, (after, name(heir)), "two holders");
    }
    let finished = scene.nobody_noticed().await;
    let carried = finished.counts_exactly().await;
    let measured = format!("0 of {} failed, usage {carried} = {carried}", finished.report.fine);
    tell("19 clocks +1 h, -1 h and a hundredth too fast", "0 double holders, 0 fail", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_20_a_sentinel_promotes_another_redis() {
    let (postgres, redis) = tokio::try_join!(Postgres::start(), Redis::start()).unwrap();
    let replica = redis.replica().await.unwrap();
    let sentinel = redis.sentinel(&replica).await.unwrap();
    let url = sentinel.url();
    let settings = [("OCTOPROX_REDIS_URL", &*url)];
    let parts = ((postgres, redis), Vec::new(), Fronts::own());
    let cluster = Cluster::start_over(parts.0, parts.1, parts.2, &settings).await.unwrap();
    let scene = Scene::over(cluster, Plan::default()).await;
    let (before, _) = scene.epoch(|_, _| true).await;
    // With all its clients, as one that is cut off.
    scene.cluster.redis.process.freeze().unwrap();
    let lost = Instant::now();
    let held = format!("lease:{}", super::scene::LEASE);
    let held = || async { replica.command(&["GET", &held]).await.ok()?.is_string().then_some(()) };
    let promoted = || async {
        let role = replica.command(&["ROLE"]).await.ok()?;
        (role[0] == "master").then_some(())
    };
    let came = eventually("a new master", LONG, promoted).await;
    assert!(came.is_ok(), "{:#?}", sentinel.process.log());
    let listen = ["PUBSUB", "NUMSUB", "octoprox:events"];
    let moved = || async { (replica.command(&listen).await.ok()?[1] == 3).then_some(()) };
    eventually("all nodes listen at the new master", LONG, moved).await.unwrap();
    eventually("the lease at the new master", LONG, held).await.unwrap();
    let took = lost.elapsed();
    let live = scene.change(1).await;
    scene.cluster.redis.process.thaw().unwrap();
    scene.goes_on(form(1, 30)).await;
    // A holder that finds its lease at the new master in time goes on in the same term, another one
    // begins its own with its first write. Had the old master elected somebody besides, both would
    // have begun one.
    let (after, _) = scene.epoch_now().await;
    assert!((before..=before + 1).contains(&after), "{before} -> {after}");
    let finished = scene.nobody_noticed().await;
    let carried = finished.counts_exactly().await;
    let measured = format!(
        "0 of {} failed, epoch {before} -> {after} after {took:?}, change live after {live:?}, \
         usage {carried} = {carried}",
        finished.report.fine
    );
    tell("20 Sentinel failover", "0 wrong writes", measured);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_30_half_a_partition_comes_and_goes() {
    let scene = Scene::set(&[]).await;
    // As one of the others sees it.
    let control = Control::login(scene.cluster.nodes[0].api(), ADMIN).await.unwrap();
    let view = || async {
        let view = control.get("/api/v1/cluster").await.ok()?;
        let members = view["members"].as_array()?.iter();
        Some(members.map(|member| member["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    let (mut moves, mut last) = (0, view().await.unwrap());
    let begun = Instant::now();
    for flap in 0..form(3, 40) {
        let sky = if flap % 2 == 0 { Sky::Deaf } else { Sky::Clear };
        scene.cluster.roads[2].redis.turns(sky);
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            let now = view().await.unwrap();
            moves += u32::from(now != last);
            last = now;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    scene.cluster.roads[2].redis.turns(Sky::Clear);
    let most = begun.elapsed().as_secs() / 10;
    assert!(u64::from(moves) <= most, "{moves} in {:?}", begun.elapsed());
    let report = scene.nobody_noticed().await.report;
    let measured = format!("{moves} moves in {:?}, 0 of {} failed", begun.elapsed(), report.fine);
    tell("30 flapping partition", "ownership moves once in 10 s at most", measured);
}
