//! A holder that has been replaced writes nothing, whatever it believes.

use std::collections::BTreeSet;

use model::Counters;
use store::fence::{self, Epoch};
use store::usage::{UsageRow, add, thin};
use store::{Store, StoreError, projects};
use uuid::Uuid;

use crate::world::{World, both, project, project_spec};

/// A row of usage that is old enough to be thinned.
async fn old_usage(world: &World, row: UsageRow) {
    let minute = row.minute - std::time::Duration::from_hours(100 * 24);
    add(&world.store, Uuid::now_v7(), 1, &[UsageRow { minute, ..row }]).await.unwrap();
}

async fn thinned(store: &Store, epoch: &Epoch) -> Result<u64, StoreError> {
    let mut fenced = store.fenced(epoch).await?;
    let rows = thin(&mut fenced, 1_000).await?;
    fenced.commit().await?;
    Ok(rows)
}

#[tokio::test]
async fn a_holder_that_wakes_after_another_was_elected_writes_nothing() {
    both(async |world| {
        let store = &world.store;
        let of = project(store, "home").await.id;
        let counters = Counters { requests: 1, ..Counters::default() };
        let minute = world.clock.now();
        let row =
            UsageRow { minute, project: of, connector: None, proxy: None, counters, cost_nanos: 0 };
        for round in 0..200 {
            let old = fence::mint(store, "metrics_compactor", "a").await.unwrap();
            old_usage(&world, row).await;
            let new = fence::mint(store, "metrics_compactor", "b").await.unwrap();
            assert_eq!((old.number(), new.number()), (2 * round + 1, 2 * round + 2));
            let stale = thinned(store, &old).await;
            assert!(matches!(stale, Err(StoreError::Fenced)), "{stale:?}");
            // By the minute, then by the hour; had the stale one written, the first would be gone.
            assert_eq!(thinned(store, &new).await.unwrap(), 1);
            assert_eq!(thinned(store, &new).await.unwrap(), 1);
        }
        let held = fence::epochs(store).await.unwrap();
        let held: Vec<_> =
            held.iter().map(|held| (&*held.name, held.epoch, &*held.holder)).collect();
        assert_eq!(held, [("metrics_compactor", 400, "b")]);
    })
    .await;
}

async fn minted(store: Store, n: u32) -> u64 {
    fence::mint(&store, "x", &format!("node{n}")).await.unwrap().number()
}

#[tokio::test]
async fn holders_elected_at_once_get_different_epochs() {
    both(async |world| {
        let mint = |n: u32| {
            #[expect(clippy::disallowed_methods, reason = "a test has no tracker")]
            tokio::spawn(minted(world.store.clone(), n))
        };
        let minting: Vec<_> = (0..20).map(mint).collect();
        let mut numbers = BTreeSet::new();
        for number in minting {
            numbers.insert(number.await.unwrap());
        }
        assert_eq!(numbers, (1..=20).collect());
        let other = fence::mint(&world.store, "y", "node0").await.unwrap();
        assert_eq!((other.name(), other.number()), ("y", 1));
    })
    .await;
}

#[tokio::test]
async fn an_election_waits_for_what_is_being_written() {
    both(async |world| {
        let store = &world.store;
        let old = fence::mint(store, "provider_sync:1", "a").await.unwrap();
        let mut change = store.fenced(&old).await.unwrap().change().await.unwrap();
        let spec = project_spec(store, "home");
        let other = store.clone();
        #[expect(clippy::disallowed_methods, reason = "a test has no tracker")]
        let minting =
            tokio::spawn(async move { fence::mint(&other, "provider_sync:1", "b").await });
        projects::create(&mut change, spec).await.unwrap();
        assert!(!minting.is_finished());
        let revision = change.commit().await.unwrap();
        let new = minting.await.unwrap().unwrap();
        assert_eq!((new.number(), store.revision().await.unwrap()), (2, revision));
        assert!(matches!(store.fenced(&old).await, Err(StoreError::Fenced)));
        drop(store.fenced(&new).await.unwrap().change().await.unwrap());
        assert_eq!(store.revision().await.unwrap(), revision);
    })
    .await;
}
