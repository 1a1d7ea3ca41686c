//! A roster that is not what the database has at its revision is found, and loaded anew.

use std::net::SocketAddr;
use std::time::Duration;

use model::proxy::Protocol;
use model::{Configuration, Connector, Project};
use reconcile::Settings;

use crate::world::{World, quiet, until};

/// A node with three exits that looks often.
async fn start() -> (World, Project, Connector) {
    let world = World::start(Settings { check_digest: Duration::from_millis(20), ..quiet() }).await;
    let (home, list) = world.project(|_| ()).await;
    let exits = [1, 2, 3].map(|port| (Protocol::Socks5, SocketAddr::from(([127, 0, 0, 1], port))));
    world.add_now((&home, &list), &exits).await;
    (world, home, list)
}

/// What its check says of its revision when all is well.
fn whole(world: &World) -> String {
    format!("revision {} is whole", world.revision())
}

async fn until_whole(world: &World) {
    let runs = || world.status("check_digest").runs;
    let before = runs();
    let is_new = || runs() > before + 1;
    until("a whole roster", || is_new() && world.status("check_digest").outcome == whole(world))
        .await;
}

#[tokio::test]
async fn a_roster_that_misses_something_is_found_and_mended() {
    let (mut world, _, _) = start().await;
    until_whole(&world).await;
    let (revision, loads) = (world.revision(), world.status("load_roster").runs);
    world.spoil(|configuration| configuration.proxies.truncate(2)).await;
    let loaded = format!("loaded all of revision {revision}: 3 exits");
    until("the report", || world.status("load_roster").outcome == loaded).await;
    assert_eq!((world.revision(), world.roster.borrow().exit_count()), (revision, 3));
    assert_eq!(world.status("load_roster").runs, loads + 1);
    until_whole(&world).await;

    // All was asked for once; the next change is a change.
    let revision = world.store.change().await.unwrap().commit().await.unwrap();
    world.notify(revision).await;
    let loaded = format!("loaded changes of revision {revision}: 3 exits");
    until("the change", || world.status("load_roster").outcome == loaded).await;
    world.end().await;
}

#[tokio::test]
async fn a_row_that_is_old_is_found_and_mended() {
    let (mut world, _, _) = start().await;
    until_whole(&world).await;
    let old = |configuration: &mut Configuration| {
        let row = &mut configuration.proxies[0];
        (row.spec.endpoint.port, row.revision.0) = (9, row.revision.0 - 1);
    };
    world.spoil(old).await;
    let ports = || {
        let roster = world.roster.borrow();
        let mut ports: Vec<_> = roster.exits().map(|exit| exit.endpoint.port).collect();
        ports.sort_unstable();
        ports
    };
    until("the ports", || ports() == [1, 2, 3]).await;
    until_whole(&world).await;
    let old = |configuration: &mut Configuration| {
        let row = &mut configuration.projects[0];
        row.spec.username = "before".to_owned();
        row.revision.0 -= 1;
    };
    world.spoil(old).await;
    until("the username", || world.roster.borrow().account("home").is_some()).await;
    assert!(world.roster.borrow().account("before").is_none());
    world.end().await;
}
