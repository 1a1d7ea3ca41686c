//! Old usage takes fewer rows, and every sum stays.

use std::time::Duration;

use jiff::Timestamp;
use model::{ConnectorId, Counters, ProjectId, ProxyId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use store::Store;
use store::fence::{self, Epoch};
use store::usage::{Level, UsageRow, UsageTotal, add, thin, totals};
use uuid::Uuid;

use crate::world::{World, both};

const DAYS: u64 = 200;

/// Age in minutes, which exit of which connector, how much.
type Drawn = (u64, usize, u32);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    // Half of them at full hours, where rows of all resolutions begin.
    let age = prop_oneof![0..DAYS * 24 * 60, (0..DAYS * 24).prop_map(|hour| hour * 60)];
    // Some in the same minute, hour, day as others.
    let close = (0..3_u64, 0..1_440_u64).prop_map(|(day, minute)| day * 70 * 1_440 + minute);
    vec((prop_oneof![age, close], 0..6_usize, 1..1_000_u32), 1..120)
}

struct Things {
    project: ProjectId,
    connectors: [ConnectorId; 2],
    proxies: [ProxyId; 4],
}

impl Things {
    fn row(&self, now: Timestamp, (age, which, much): Drawn) -> UsageRow {
        let much = u64::from(much);
        let counters = Counters {
            requests: much,
            failures: much / 3,
            bytes_sent: much * 7,
            bytes_received: much << 32,
            latency_microseconds: much * 11,
        };
        let minute = now.as_millisecond() / 60_000 * 60_000 - i64::try_from(age * 60_000).unwrap();
        UsageRow {
            minute: Timestamp::from_millisecond(minute).unwrap(),
            project: self.project,
            connector: (which > 0).then(|| self.connectors[which % 2]),
            proxy: (which > 1).then(|| self.proxies[which - 2]),
            counters,
            cost_nanos: much * 13,
        }
    }
}

async fn sums(store: &Store, project: ProjectId, now: Timestamp) -> Vec<Vec<UsageTotal>> {
    let mut sums = Vec::new();
    for days in [0, 1, 2, 3, 4, 30, 89, 90, 91, 140, DAYS, 2 * DAYS] {
        // Beginnings that lie anywhere within a day, not at full hours.
        let since = now - Duration::from_secs(days * 86_400 + days * 7_919);
        for level in [Level::Project, Level::Connectors, Level::Proxies] {
            let mut found = totals(store, project, level, since).await.unwrap();
            found.sort_by_key(|total| (total.connector, total.proxy));
            sums.push(found);
        }
    }
    sums
}

async fn thin_some(store: &Store, epoch: &Epoch, rows: u32) -> u64 {
    let mut fenced = store.fenced(epoch).await.unwrap();
    let taken = thin(&mut fenced, rows).await.unwrap();
    // Ended by force before the end: as if it had not begun.
    drop(fenced);
    let mut fenced = store.fenced(epoch).await.unwrap();
    assert_eq!(thin(&mut fenced, rows).await.unwrap(), taken);
    fenced.commit().await.unwrap();
    taken
}

async fn check(world: &World, drawn: &[Drawn], late: &[Drawn], batch: u32) {
    let store = &world.store;
    let now = world.clock.now();
    let connectors = [ConnectorId::new(), ConnectorId::new()];
    let proxies = [(); 4].map(|()| ProxyId::new());
    let things = Things { project: ProjectId::new(), connectors, proxies };
    let epoch = fence::mint(store, "metrics_compactor", "a").await.unwrap();
    for drawn in [drawn, late] {
        for row in drawn {
            // One batch each: two rows of one may be of the same minute.
            let row = things.row(now, *row);
            assert!(add(store, Uuid::now_v7(), 1, &[row]).await.unwrap());
        }
        let before = sums(store, things.project, now).await;
        let mut rounds = 0;
        while thin_some(store, &epoch, batch).await > 0 {
            rounds += 1;
            assert!(rounds < 1_000, "it goes round in circles");
            if rounds % 7 == 1 {
                assert_eq!(sums(store, things.project, now).await, before, "half way");
            }
        }
        assert_eq!(sums(store, things.project, now).await, before);
    }
}

#[tokio::test]
async fn thinning_changes_no_sum_whatever_the_rows_and_wherever_it_stops() {
    both(async |world| {
        let mut runner = TestRunner::deterministic();
        for batch in [1, 3, 10, 50, 1_000] {
            let case = (drawn(), vec((0..DAYS * 1_440, 0..6_usize, 1..1_000_u32), 0..10));
            let (drawn, late) = case.new_tree(&mut runner).unwrap().current();
            check(&world, &drawn, &late, batch).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_day_of_minutes_becomes_hours_then_quarters_then_one_row() {
    both(async |world| {
        let store = &world.store;
        let things = Things {
            project: ProjectId::new(),
            connectors: [ConnectorId::new(); 2],
            proxies: [ProxyId::new(); 4],
        };
        let epoch = fence::mint(store, "metrics_compactor", "a").await.unwrap();
        let midnight = world.clock.now().as_millisecond() / 86_400_000 * 86_400_000;
        let midnight = Timestamp::from_millisecond(midnight).unwrap();
        world.clock.set(midnight);
        let rows: Vec<_> = (1..=1_440).map(|age| things.row(midnight, (age, 0, 1))).collect();
        assert!(add(store, Uuid::now_v7(), 1, rows.as_slice()).await.unwrap());
        assert_eq!(thin_some(store, &epoch, 5_000).await, 0, "it is too young");
        world.clock.set(midnight + Duration::from_hours(25) - Duration::from_secs(1));
        assert_eq!(thin_some(store, &epoch, 5_000).await, 1_380, "an hour more is kept");
        world.clock.set(midnight + Duration::from_hours(25));
        assert_eq!(thin_some(store, &epoch, 50).await, 50);
        assert_eq!(thin_some(store, &epoch, 50).await, 10);
        assert_eq!(thin_some(store, &epoch, 1_000).await, 0);
        world.clock.set(midnight + Duration::from_hours(91 * 24));
        assert_eq!(thin_some(store, &epoch, 1_000).await, 24);
        assert_eq!(thin_some(store, &epoch, 1_000).await, 4);
        assert_eq!(thin_some(store, &epoch, 1_000).await, 0);
        let since = midnight - Duration::from_hours(13);
        let found = totals(store, things.project, Level::Project, since).await.unwrap();
        assert_eq!(found[0].counters.requests, 1_440);
    })
    .await;
}
