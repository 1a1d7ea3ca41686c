//! Deletions are forgotten once they are old, and a node that needs one of them reads everything.

use std::time::Duration;

use model::proxy::Protocol;
use model::{Revision, Version};
use reconcile::Settings;
use store::{configuration, fence, proxies};
use tokio::time::{Instant, sleep};

use crate::world::{World, quiet, until};

#[tokio::test]
async fn old_deletions_are_forgotten_and_recent_ones_are_kept() {
    let settings =
        Settings { forget_deletions: Duration::from_millis(20), deletions_kept: 3, ..quiet() };
    let mut world = World::start(settings).await;
    let (home, list) = world.project(|_| ()).await;
    let exits: Vec<_> =
        (1..=9).map(|port| (Protocol::Socks5, ([127, 0, 0, 1], port).into())).collect();
    let ids = world.add_now((&home, &list), &exits).await;
    let start = world.revision();
    for id in ids {
        let mut change = world.store.change().await.unwrap();
        proxies::delete(&mut change, (home.id, id), Version::FIRST).await.unwrap();
        change.commit().await.unwrap();
    }
    let latest = world.store.revision().await.unwrap();
    // What was deleted at the last three revisions is still told.
    let begun = Instant::now();
    let told = async |since| {
        let told = configuration::load(&world.store, Some(since)).await.unwrap();
        (told.since, told.deleted.len())
    };
    let since = Revision(latest.0 - 3);
    // Some may have been forgotten while others were not yet deleted.
    while told(Revision(since.0 - 1)).await != (None, 0) {
        assert!(begun.elapsed() < Duration::from_secs(40), "they were not forgotten");
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(told(since).await, (Some(since), 3));
    assert_eq!(told(start).await, (None, 0));

    // This node was: nobody told it anything.
    world.notify(latest).await;
    until("no exits", || world.roster.borrow().exit_count() == 0).await;
    let epochs = fence::epochs(&world.store).await.unwrap();
    let mine = epochs.iter().find(|epoch| epoch.name == "tombstone_collector").unwrap();
    assert_eq!((mine.epoch, &*mine.holder), (1, "node-1"));
    world.end().await;
}
