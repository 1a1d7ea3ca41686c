//! Usage counts once, whatever the database does.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::proxy::Protocol;
use model::{Connector, Project, ProxyId, Target, Version};
use reconcile::Settings;
use rotation::{Ask, Sessions, Turn, select};
use store::connectors;
use store::usage::{Level, UsageTotal, totals};
use tokio::time::Instant;

use crate::world::{World, quiet, until};

struct Traffic {
    world: World,
    home: Project,
    list: Connector,
    exits: Vec<ProxyId>,
}

fn brisk() -> Settings {
    Settings { flush_usage: Duration::from_millis(20), forget_exits: Duration::ZERO, ..quiet() }
}

impl Traffic {
    async fn start(settings: Settings) -> Self {
        let world = World::start(settings).await;
        let hourly = |spec: &mut model::project::ProjectSpec| {
            spec.health_check_interval = Duration::from_hours(1);
        };
        let (home, list) = world.project(hourly).await;
        let exits = [1, 2].map(|port| (Protocol::Socks5, ([127, 0, 0, 1], port).into()));
        let exits = world.add_now((&home, &list), &exits).await;
        Self { world, home, list, exits }
    }

    /// A request that has begun.
    fn begin(&self) -> Turn {
        let roster = Arc::clone(&self.world.roster.borrow());
        let ask = Ask {
            project: Arc::clone(roster.account("home").unwrap()),
            target: Target::parse("example.com:443").unwrap(),
            wish: Arc::default(),
            client: [127, 0, 0, 1].into(),
        };
        let (sessions, now) = (Arc::<Sessions>::default(), Instant::now());
        let turn = select(&roster, &ask, &sessions, now, &mut rand::rng()).unwrap().next(now);
        turn.unwrap()
    }

    /// A request from its beginning to its end.
    fn request(&self) {
        let roster = Arc::clone(&self.world.roster.borrow());
        let mut turn = self.begin();
        turn.opened(Duration::from_millis(3), Instant::now());
        turn.count_bytes(10, 100);
        turn.finish(true);
        let home = roster.account("home").unwrap();
        assert!(home.begin());
        home.count_bytes(10, 100);
        home.end(true, Duration::from_millis(3));
    }

    async fn totals(&self, level: Level) -> Vec<UsageTotal> {
        // A test that keeps others from writing may keep readers waiting for a moment.
        totals(&self.world.store, self.home.id, level, Timestamp::UNIX_EPOCH).await.unwrap()
    }

    async fn requests(&self, level: Level) -> u64 {
        self.totals(level).await.iter().map(|total| total.counters.requests).sum()
    }

    async fn until_written(&self, requests: u64) {
        let begun = Instant::now();
        while self.requests(Level::Project).await < requests {
            assert!(begun.elapsed() < Duration::from_secs(20), "the usage did not come");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn until_flushed(&self) {
        let runs = self.world.status("flush_usage").runs;
        until("another flush", || self.world.status("flush_usage").runs > runs + 1).await;
    }
}

#[tokio::test]
async fn every_level_is_written_once_in_the_minute_of_the_clock() {
    let mut traffic = Traffic::start(brisk()).await;
    for _ in 0..4 {
        traffic.request();
    }
    traffic.until_written(4).await;
    traffic.until_flushed().await;
    let exits = traffic.totals(Level::Proxies).await;
    assert_eq!(exits.len(), 2);
    for total in exits {
        assert!(traffic.exits.contains(&total.proxy.unwrap()));
        assert_eq!(total.connector, Some(traffic.list.id));
        assert_eq!((total.counters.requests, total.counters.bytes_received), (2, 200));
    }
    for level in [Level::Project, Level::Connectors] {
        let counters = traffic.totals(level).await[0].counters;
        assert_eq!((counters.requests, counters.failures, counters.bytes_sent), (4, 0, 40));
        assert_eq!(counters.latency_microseconds, 12_000);
    }
    let (store, home) = (&traffic.world.store, traffic.home.id);
    let minute = Timestamp::from_second(1_800_000_000).unwrap();
    assert_eq!(totals(store, home, Level::Project, minute).await.unwrap().len(), 1);
    let later = minute + Duration::from_secs(1);
    assert_eq!(totals(store, home, Level::Project, later).await.unwrap(), []);
    traffic.world.end().await;
    assert_eq!(traffic.requests(Level::Project).await, 4);
}

#[tokio::test]
async fn what_comes_while_the_database_takes_nothing_is_written_later_and_once() {
    let mut traffic = Traffic::start(brisk()).await;
    traffic.request();
    traffic.until_written(1).await;
    // Whoever writes holds the one lock of the file.
    let writer = traffic.world.store.change().await.unwrap();
    for minute in 0..3 {
        let now = traffic.world.clock.now() + Duration::from_mins(minute);
        traffic.world.clock.set(now);
        traffic.request();
        let failures = traffic.world.status("flush_usage").failures;
        until("failures", || traffic.world.status("flush_usage").failures > failures + 1).await;
    }
    assert_eq!(traffic.requests(Level::Project).await, 1);
    drop(writer);
    traffic.until_written(4).await;
    traffic.until_flushed().await;
    for level in [Level::Project, Level::Connectors, Level::Proxies] {
        assert_eq!(traffic.requests(level).await, 4);
    }
    let (store, home) = (&traffic.world.store, traffic.home.id);
    let last = Timestamp::from_second(1_800_000_000 + 180).unwrap();
    let of_last = totals(store, home, Level::Project, last).await.unwrap();
    assert_eq!(of_last[0].counters.requests, 1, "the minutes of the outage are told apart");
    traffic.world.end().await;
}

#[tokio::test]
async fn an_exit_that_is_gone_is_forgotten_after_its_last_request_is_written() {
    let mut traffic = Traffic::start(brisk()).await;
    let turn = traffic.begin();
    let exit = turn.exit().id;
    let mut change = traffic.world.store.change().await.unwrap();
    let id = (traffic.home.id, traffic.list.id);
    connectors::delete(&mut change, id, Version::FIRST).await.unwrap();
    let revision = change.commit().await.unwrap();
    traffic.world.notify(revision).await;
    until("the roster", || traffic.world.revision() == revision).await;
    traffic.until_flushed().await;
    let is_known = |exit| traffic.world.ledger.health(exit, Instant::now()).is_some();
    assert!(is_known(exit), "its request goes on");
    let others = || traffic.exits.iter().filter(|id| **id != exit).all(|id| !is_known(*id));
    until("the other exit to be forgotten", others).await;
    turn.count_bytes(7, 70);
    turn.finish(true);
    until("it to be forgotten", || !is_known(exit)).await;
    traffic.until_flushed().await;
    let written = traffic.totals(Level::Proxies).await;
    let found: Vec<_> = written.iter().map(|t| (t.proxy, t.counters.bytes_received)).collect();
    assert_eq!(found, [(Some(exit), 70)]);
    traffic.world.end().await;
}

#[tokio::test]
async fn the_last_usage_is_written_at_the_end() {
    let mut traffic = Traffic::start(quiet()).await;
    until("the first flush", || traffic.world.status("flush_usage").runs == 1).await;
    traffic.world.stop.cancel();
    until("the roster's end", || traffic.world.status("load_roster").outcome == "ended").await;
    // Tunnels go on for a while after a node has been told to end.
    traffic.request();
    assert_eq!(traffic.requests(Level::Project).await, 0);
    traffic.world.end().await;
    for level in [Level::Project, Level::Connectors, Level::Proxies] {
        assert_eq!(traffic.requests(level).await, 1);
    }
}
