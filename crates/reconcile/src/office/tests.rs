//! Whoever holds the lease writes, whatever somebody who held it before does.

use std::time::Duration;

use cluster::{Load, Member, Role, Settings, Timing};
use model::{Clock, Revision, Secret};
use store::Vault;
use store::fence::Tenure;
use testbed::redis::Redis;

use super::*;

const NAME: &str = "metrics_compactor";

fn me(id: &str) -> Member {
    Member {
        id: id.to_owned(),
        role: Role::All,
        revision: Revision(0),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        addresses: Vec::new(),
        state: cluster::MemberState::Ready,
        load: Load::default(),
    }
}

async fn open(folder: &tempfile::TempDir) -> Store {
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let settings = store::Settings::new(url);
    Store::open(&settings, Vault::new([7; 32]), Clock::system()).await.unwrap()
}

/// Whether it could write.
async fn writes(office: &mut Office) -> bool {
    let Some(fenced) = office.begin().await.unwrap() else { return false };
    fenced.commit().await.unwrap();
    true
}

async fn latest(store: &Store) -> (u64, String) {
    let epochs = fence::epochs(store).await.unwrap();
    let Tenure { epoch, holder, .. } = epochs.into_iter().find(|it| it.name == NAME).unwrap();
    (epoch, holder)
}

#[tokio::test]
async fn a_late_mint_of_a_former_holder_does_not_stop_the_present_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut office = Office::stand(&store, &Cluster::solo(me("b")), NAME);
    assert!(writes(&mut office).await);
    assert_eq!(latest(&store).await, (1, "b".to_owned()));
    for round in 1..=20 {
        // In the middle of a series, between two of its transactions.
        let late = fence::mint(&store, NAME, "a").await.unwrap();
        assert!(writes(&mut office).await, "round {round}");
        assert_eq!(latest(&store).await, (1 + 2 * round, "b".to_owned()));
        assert!(matches!(store.fenced(&late).await, Err(StoreError::Fenced)));
        assert!(writes(&mut office).await, "its epoch lasts");
        assert_eq!(latest(&store).await, (1 + 2 * round, "b".to_owned()));
    }
}

#[tokio::test]
async fn two_that_both_believe_to_be_elected_never_write_under_one_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let stand = |id| Office::stand(&store, &Cluster::solo(me(id)), NAME);
    let (mut one, mut other) = (stand("a"), stand("b"));
    let mut before = 0;
    for round in 0..20 {
        let (office, id) = if round % 2 == 0 { (&mut one, "a") } else { (&mut other, "b") };
        assert!(writes(office).await);
        let (epoch, holder) = latest(&store).await;
        assert_eq!((holder.as_str(), epoch), (id, before + 1));
        before = epoch;
    }
}

async fn elected(office: &Office) {
    let mut standing = office.standing.clone();
    let is_elected = |standing: &Standing| matches!(standing, Standing::Elected { .. });
    standing.wait_for(is_elected).await.unwrap();
}

#[tokio::test]
async fn who_is_elected_no_more_once_the_epoch_has_begun_writes_nothing() {
    let (redis, folder) = (Redis::start().await.unwrap(), tempfile::tempdir().unwrap());
    let store = open(&folder).await;
    let mut settings = Settings::parse(&Secret::from(redis.url())).unwrap();
    settings.timing = Timing {
        lease_ttl: Duration::from_millis(900),
        lease_step_down: Duration::from_millis(600),
        lease_refresh: Duration::from_millis(200),
        ..Timing::default()
    };
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let cluster = Cluster::redis(&settings, me("a"), &tracker, &stop).unwrap();
    let mut office = Office::stand(&store, &cluster, NAME);
    elected(&office).await;
    assert!(writes(&mut office).await);

    // The next transaction has to wait for a writer, and meanwhile the lease is lost.
    let writer = store.change().await.unwrap();
    redis.process.freeze().unwrap();
    let mut standing = office.standing.clone();
    let begun = {
        let mut beginning = std::pin::pin!(office.begin());
        tokio::select! {
            biased;
            _ = &mut beginning => panic!("it did not wait"),
            lost = standing.wait_for(|standing| *standing == Standing::Standby) => {
                drop(lost.unwrap());
            }
        }
        drop(writer);
        beginning.await.unwrap()
    };
    assert!(begun.is_none());

    // Elected again it is another term, and another epoch.
    redis.process.thaw().unwrap();
    elected(&office).await;
    assert!(writes(&mut office).await);
    assert_eq!(latest(&store).await, (2, "a".to_owned()));
    stop.cancel();
}
