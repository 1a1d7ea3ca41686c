//! Configuration reaches requests: by notice, by poll, whole and in changes, and not while the
//! database is away.

use std::net::SocketAddr;
use std::time::Duration;

use model::proxy::Protocol;
use reconcile::Settings;
use store::proxies;

use crate::world::{World, outage, quiet, until};

fn address(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

#[tokio::test]
async fn a_change_is_in_the_roster_after_its_notice_and_not_before() {
    let mut world = World::start(quiet()).await;
    let (home, list) = world.project(|_| ()).await;
    let (revision, ids) = world.add((&home, &list), &[(Protocol::Socks5, address(1))]).await;
    until("the first activation", || world.status("load_roster").runs == 1).await;
    assert_eq!(world.roster.borrow().exit_count(), 0);
    world.notify(revision).await;
    until("the roster", || world.revision() == revision).await;
    assert!(world.roster.borrow().account("home").is_some());
    assert_eq!(world.roster.borrow().exits().map(|exit| exit.id).collect::<Vec<_>>(), ids);
    until("the report", || world.status("load_roster").outcome.starts_with("loaded changes")).await;
    until("the members", || world.cluster.members().borrow()[0].revision == revision).await;
    world.end().await;
}

#[tokio::test]
async fn a_change_without_a_notice_is_found_by_looking() {
    let settings = Settings { load_roster: Duration::from_millis(20), ..quiet() };
    let mut world = World::start(settings).await;
    let (home, list) = world.project(|_| ()).await;
    let (revision, _) = world.add((&home, &list), &[(Protocol::Socks5, address(1))]).await;
    until("the roster", || world.revision() == revision).await;
    until("a quiet report", || world.status("load_roster").outcome.ends_with("is the latest"))
        .await;
    world.end().await;
}

#[tokio::test]
async fn changes_and_deletions_are_applied_to_what_is_there() {
    let mut world = World::start(quiet()).await;
    let (home, list) = world.project(|_| ()).await;
    let of = (&home, &list);
    // So many that the roster is drawn on another thread.
    let many: Vec<_> = (1..=2_500).map(|port| (Protocol::Socks5, address(port))).collect();
    let ids = world.add_now(of, &many).await;
    assert_eq!(world.roster.borrow().exit_count(), 2_500);
    world.add_now(of, &[(Protocol::Http, address(1))]).await;
    assert_eq!(world.roster.borrow().exit_count(), 2_501);
    let mut change = world.store.change().await.unwrap();
    proxies::delete(&mut change, (home.id, ids[0]), model::Version::FIRST).await.unwrap();
    let revision = change.commit().await.unwrap();
    world.handle.load_roster().wake();
    until("the deletion", || world.revision() == revision).await;
    assert_eq!(world.roster.borrow().exit_count(), 2_500);
    assert!(world.roster.borrow().exits().all(|exit| exit.id != ids[0]));
    world.end().await;
}

#[tokio::test]
async fn while_the_database_is_away_the_roster_stays() {
    let settings = Settings { load_roster: Duration::from_millis(20), ..quiet() };
    let mut world = World::start(settings).await;
    let (home, list) = world.project(|_| ()).await;
    world.add_now((&home, &list), &[(Protocol::Socks5, address(1))]).await;
    let before = world.revision();
    let away = outage(&world.store).await;
    let (revision, _) = world.add((&home, &list), &[(Protocol::Socks5, address(2))]).await;
    world.notify(revision).await;
    until("failures", || world.status("load_roster").consecutive_failures >= 2).await;
    assert_eq!(world.status("load_roster").outcome, "the database is not available");
    assert_eq!((world.revision(), world.roster.borrow().exit_count()), (before, 1));
    drop(away);
    until("the change", || world.revision() == revision).await;
    until("the end of failures", || world.status("load_roster").consecutive_failures == 0).await;
    world.end().await;
}
