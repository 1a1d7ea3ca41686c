//! The end: everything ends, and what could not be saved is said.

use std::net::IpAddr;
use std::time::Duration;

use model::Exchange;
use model::exchange::ExchangeKind;
use reconcile::Settings;

use crate::world::{World, outage, quiet, until};

fn exchange() -> Exchange {
    Exchange {
        started_at: jiff::Timestamp::UNIX_EPOCH,
        kind: ExchangeKind::Connect,
        client: IpAddr::from([127, 0, 0, 1]),
        project: None,
        connector: None,
        proxy: None,
        country: None,
        target: None,
        status: 200,
        blame: None,
        attempts: 1,
        latency: Duration::ZERO,
        duration: Duration::ZERO,
        bytes_sent: 0,
        bytes_received: 0,
        banned_by: None,
        trail: model::exchange::Trail::default(),
    }
}

#[tokio::test]
async fn every_task_is_seen_and_ends() {
    let mut world = World::start(quiet()).await;
    until("all to have run", || world.handle.status().iter().all(|status| status.runs > 0)).await;
    let names: Vec<_> = world.handle.status().iter().map(|status| status.name).collect();
    let expected = [
        "load_roster",
        "probe_proxies",
        "check_digest",
        "thin_usage",
        "forget_deletions",
        "forget_audit",
        "charge_proxies",
        "judge_alerts",
        "deliver_webhooks",
        "announce_member",
        "share_limits",
        "flush_usage",
    ];
    assert_eq!(names, expected);
    world.end().await;
    for status in world.handle.status() {
        assert!(status.outcome.starts_with("ended"), "{status:?}");
        assert!(status.ended_at.is_some() && status.failures == 0, "{status:?}");
    }
}

#[tokio::test]
async fn exchanges_are_taken_while_the_database_is_away() {
    let settings = Settings { flush_usage: Duration::from_millis(20), ..quiet() };
    let mut world = World::start(settings).await;
    let _away = outage(&world.store).await;
    let _writer = world.store.change().await.unwrap();
    let exchanges = world.exchanges.clone().unwrap();
    // The channel holds one batch: each of these waits for the one before to be taken.
    for _ in 0..1000 {
        let sent = exchanges.send_timeout(vec![exchange(); 10], Duration::from_secs(20)).await;
        assert!(sent.is_ok());
    }
    drop(exchanges);
    world.end().await;
}

#[tokio::test]
async fn usage_that_nobody_takes_at_the_end_is_said_to_be_lost() {
    let settings = Settings { last_flush: Duration::from_millis(300), ..quiet() };
    let mut world = World::start(settings).await;
    let (home, _) = world.project(|_| ()).await;
    world.handle.load_roster().wake();
    until("the project", || world.roster.borrow().project(home.id).is_some()).await;
    let roster = world.roster.borrow().clone();
    let entry = roster.project(home.id).unwrap();
    assert!(entry.begin());
    entry.count_bytes(1, 1);
    entry.end(true, Duration::ZERO);
    let writer = world.store.change().await.unwrap();
    world.end().await;
    let status = world.status("flush_usage");
    assert_eq!(status.outcome, "the last usage was not taken in time and is lost: 3 rows");
    drop(writer);
}
