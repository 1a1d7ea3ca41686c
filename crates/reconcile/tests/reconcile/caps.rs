//! A cap is held against what all nodes use, in each period anew.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::spending::{CapAction, Measure, Period};
use model::{Cap, Counters, Project};
use reconcile::Settings;
use rotation::{ProjectEntry, Unavailable, check};
use store::connectors;
use store::usage::{UsageRow, add, spent};
use uuid::Uuid;

use crate::world::{World, outage, quiet, until};

const LIMIT: u64 = 1_000;

struct Capped {
    world: World,
    home: Project,
}

impl Capped {
    async fn start() -> Self {
        let settings = Settings { flush_usage: Duration::from_millis(20), ..quiet() };
        let world = World::start(settings).await;
        let (measure, period) = (Measure::Bytes, Period::Day);
        let action = CapAction::Block;
        let cap = Cap { measure, limit: LIMIT, period, action, status: 429 };
        let (home, list) = world.project(|spec| spec.caps = vec![cap]).await;
        let exits = [(model::proxy::Protocol::Socks5, ([127, 0, 0, 1], 1).into())];
        world.add_now((&home, &list), &exits).await;
        Self { world, home }
    }

    fn entry(&self) -> Arc<ProjectEntry> {
        Arc::clone(self.world.roster.borrow().project(self.home.id).unwrap())
    }

    fn is_refused(&self) -> bool {
        let host = model::Host::parse("example.com").unwrap();
        matches!(check(&self.entry(), &host), Err(Unavailable::Capped { status: 429, .. }))
    }

    /// What another node writes down.
    async fn elsewhere(&self, bytes: u64, minute: Timestamp) {
        let counters = Counters { requests: 1, bytes_received: bytes, ..Counters::default() };
        let project = self.home.id;
        let row =
            UsageRow { minute, project, connector: None, proxy: None, counters, cost_nanos: 0 };
        assert!(add(&self.world.store, Uuid::now_v7(), 1, &[row]).await.unwrap());
    }

    async fn flushed(&self) {
        let runs = self.world.status("flush_usage").runs;
        until("another flush", || self.world.status("flush_usage").runs > runs + 1).await;
    }
}

#[tokio::test]
async fn what_other_nodes_used_counts_with_the_next_flush_and_ones_own_at_once() {
    let mut capped = Capped::start().await;
    let now = capped.world.clock.now();
    // Yesterday's is no matter.
    capped.elsewhere(5 * LIMIT, now - Duration::from_hours(24)).await;
    capped.elsewhere(LIMIT - 10, now).await;
    capped.flushed().await;
    assert!(!capped.is_refused());
    capped.entry().count_bytes(4, 5);
    assert!(!capped.is_refused());
    capped.entry().count_bytes(1, 0);
    assert!(capped.is_refused(), "its own bytes count before they are written");
    capped.flushed().await;
    assert!(capped.is_refused(), "and once");
    // Midnight.
    capped.world.clock.set(now + Duration::from_hours(24));
    until("another day", || !capped.is_refused()).await;
    capped.elsewhere(LIMIT, now + Duration::from_hours(24)).await;
    until("the others to have used it up", || capped.is_refused()).await;
    capped.world.end().await;
}

#[tokio::test]
async fn a_day_ends_although_the_database_is_away() {
    let mut capped = Capped::start().await;
    capped.flushed().await;
    capped.entry().count_bytes(LIMIT, 0);
    capped.flushed().await;
    assert!(capped.is_refused());
    let away = outage(&capped.world.store).await;
    let writer = capped.world.store.change().await.unwrap();
    capped.world.clock.set(capped.world.clock.now() + Duration::from_hours(24));
    until("another day", || !capped.is_refused()).await;
    capped.entry().count_bytes(LIMIT, 0);
    assert!(capped.is_refused(), "what it uses goes on to count");
    drop((away, writer));
    capped.world.end().await;
}

/// 744 hours has this month.
#[tokio::test]
async fn proxies_are_charged_by_the_month_for_the_time_that_they_are_enabled() {
    let settings = Settings { charge_proxies: Duration::from_millis(20), ..quiet() };
    let mut world = World::start(settings).await;
    let (home, list) = world.project(|_spec| ()).await;
    let mut change = world.store.change().await.unwrap();
    let mut spec = list.spec.clone();
    spec.prices.per_proxy_month = 744_000;
    connectors::update(&mut change, (home.id, list.id), list.version, spec).await.unwrap();
    change.commit().await.unwrap();
    let exits = [1, 2].map(|port| (model::proxy::Protocol::Http, ([127, 0, 0, 1], port).into()));
    world.add_now((&home, &list), &exits).await;
    let charged = async || {
        let runs = world.status("charge_proxies").runs;
        until("another charge", || world.status("charge_proxies").runs > runs + 1).await;
        let subjects = [home.id.to_string(), list.id.to_string()];
        let days = spent(&world.store, &subjects, Timestamp::UNIX_EPOCH).await.unwrap();
        days.iter().map(|day| day.spent.cost_nanos).collect::<Vec<_>>()
    };
    assert_eq!(charged().await, [0; 0]);
    world.clock.set(world.clock.now() + Duration::from_hours(1));
    assert_eq!(charged().await, [2_000_000, 2_000_000], "of the project and of the connector");
    assert_eq!(charged().await, [2_000_000, 2_000_000], "once");
    world.end().await;
}
