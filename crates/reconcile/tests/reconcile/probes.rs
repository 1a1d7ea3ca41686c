//! Probes find out which exits work, and know when they know nothing.

use std::time::Duration;

use model::project::ProjectSpec;
use model::proxy::{Protocol, Status};
use reconcile::Settings;
use store::projects;

use crate::exits::{Mood, TestExit};
use crate::world::{World, quiet, until};

const WORKS: Mood = Mood::Works(204);

/// As often as it may be: the database keeps whole seconds.
fn often(spec: &mut ProjectSpec) {
    spec.health_check_interval = Duration::from_secs(1);
    spec.health_check_timeout = Duration::from_secs(1);
}

#[tokio::test]
async fn a_dead_exit_is_demoted_and_a_revived_one_comes_back() {
    let mut world = World::start(quiet()).await;
    let (home, list) = world.project(often).await;
    let exits = [TestExit::start(WORKS).await, TestExit::start(WORKS).await];
    let third = TestExit::start(WORKS).await;
    let all = [&exits[0], &exits[1], &third].map(|exit| (Protocol::Socks5, exit.address));
    let ids = world.add_now((&home, &list), &all).await;
    until("health", || ids.iter().all(|id| world.health(*id) == Status::Healthy)).await;
    third.set(Mood::Dead);
    until("the demotion", || world.health(ids[2]) == Status::Unhealthy).await;
    assert_eq!([world.health(ids[0]), world.health(ids[1])], [Status::Healthy; 2]);
    third.set(WORKS);
    until("the recovery", || world.health(ids[2]) == Status::Healthy).await;
    world.end().await;
}

#[tokio::test]
async fn when_no_exit_answers_none_is_demoted() {
    let mut world = World::start(quiet()).await;
    let (home, list) = world.project(often).await;
    let mut exits = Vec::new();
    for _ in 0..4 {
        exits.push(TestExit::start(WORKS).await);
    }
    let all: Vec<_> = exits.iter().map(|exit| (Protocol::Socks5, exit.address)).collect();
    let ids = world.add_now((&home, &list), &all).await;
    until("health", || ids.iter().all(|id| world.health(*id) == Status::Healthy)).await;
    for (exit, mood) in exits.iter().zip([Mood::Dead, Mood::Silent].into_iter().cycle()) {
        exit.set(mood);
    }
    let is_frozen = || world.status("probe_proxies").outcome.contains("not one passes");
    until("the freeze", is_frozen).await;
    // A probe that had been answered before the others fell silent may have been heard after them.
    let before: Vec<_> = ids.iter().map(|id| world.health(*id)).collect();
    assert!(before.iter().all(|status| *status != Status::Unhealthy));
    let visits: Vec<_> = exits.iter().map(TestExit::visits).collect();
    let is_past = || exits.iter().zip(&visits).all(|(exit, before)| exit.visits() > before + 1);
    until("more probes", is_past).await;
    assert!(is_frozen());
    assert_eq!(ids.iter().map(|id| world.health(*id)).collect::<Vec<_>>(), before);
    exits[0].set(WORKS);
    until("the thaw", || world.health(ids[1]) == Status::Unhealthy).await;
    until("the report", || !is_frozen()).await;
    until("health", || world.health(ids[0]) == Status::Healthy).await;
    world.end().await;
}

#[tokio::test]
async fn a_page_is_asked_for_through_every_kind_of_exit() {
    let mut world = World::start(quiet()).await;
    let url = Some("http://example.com:8081/health?from=probe".to_owned());
    let edit = |spec: &mut ProjectSpec| {
        often(spec);
        spec.health_check_url = url;
    };
    let (home, list) = world.project(edit).await;
    let (http, socks) = (TestExit::start(Mood::Works(302)).await, TestExit::start(WORKS).await);
    let all = [(Protocol::Http, http.address), (Protocol::Socks5, socks.address)];
    let ids = world.add_now((&home, &list), &all).await;
    until("health", || ids.iter().all(|id| world.health(*id) == Status::Healthy)).await;
    assert_eq!(http.asked(), "GET http://example.com:8081/health?from=probe HTTP/1.1");
    assert_eq!(socks.asked(), "GET /health?from=probe HTTP/1.1");
    http.set(Mood::Works(503));
    until("the demotion", || world.health(ids[0]) == Status::Unhealthy).await;
    assert_eq!(world.health(ids[1]), Status::Healthy);
    world.end().await;
}

#[tokio::test]
async fn where_nobody_says_what_to_ask_for_the_echo_is_asked_for() {
    let echo_url = Some("http://node.example.com:8000/echo".to_owned());
    let mut world = World::start(Settings { echo_url, ..quiet() }).await;
    let (home, list) = world.project(often).await;
    let exit = TestExit::start(Mood::Works(200)).await;
    let ids = world.add_now((&home, &list), &[(Protocol::Http, exit.address)]).await;
    until("health", || world.health(ids[0]) == Status::Healthy).await;
    assert_eq!(exit.asked(), "GET http://node.example.com:8000/echo HTTP/1.1");
    world.end().await;
}

#[tokio::test]
async fn of_an_https_page_only_the_tunnel_is_asked_for() {
    let mut world = World::start(quiet()).await;
    let edit = |spec: &mut ProjectSpec| {
        often(spec);
        spec.health_check_url = Some("https://example.com/".to_owned());
    };
    let (home, list) = world.project(edit).await;
    let one = TestExit::start(Mood::Works(200)).await;
    let ids = world.add_now((&home, &list), &[(Protocol::Http, one.address)]).await;
    until("health", || world.health(ids[0]) == Status::Healthy).await;
    assert_eq!(one.asked(), "CONNECT example.com:443 HTTP/1.1");
    one.set(Mood::Works(407));
    until("the demotion", || world.health(ids[0]) == Status::Unhealthy).await;
    world.end().await;
}

#[tokio::test]
async fn a_project_that_is_off_is_not_probed_and_nobody_is_after_the_end() {
    let mut world = World::start(quiet()).await;
    let (home, list) = world.project(often).await;
    let exit = TestExit::start(WORKS).await;
    world.add_now((&home, &list), &[(Protocol::Socks5, exit.address)]).await;
    until("a visit", || exit.visits() > 0).await;
    let mut change = world.store.change().await.unwrap();
    let off = model::project::ProjectSpec { enabled: false, ..home.spec.clone() };
    let home = projects::update(&mut change, home.id, home.version, off).await.unwrap();
    world.notify(change.commit().await.unwrap()).await;
    let is_idle = || world.status("probe_proxies").outcome == "0 exits to ask, 0 being asked";
    until("an empty schedule", is_idle).await;
    let visits = exit.visits();
    let runs = world.status("probe_proxies").runs;
    until("more activations", || world.status("probe_proxies").runs > runs + 5).await;
    assert_eq!(exit.visits(), visits);
    let mut change = world.store.change().await.unwrap();
    let on = model::project::ProjectSpec { enabled: true, ..home.spec.clone() };
    projects::update(&mut change, home.id, home.version, on).await.unwrap();
    world.notify(change.commit().await.unwrap()).await;
    until("visits again", || exit.visits() > visits).await;
    exit.set(Mood::Silent);
    until("a probe that waits", || {
        world.status("probe_proxies").outcome == "1 exits to ask, 1 being asked"
    })
    .await;
    world.end().await;
}

#[tokio::test]
async fn no_more_probes_run_at_once_than_may() {
    let at_once = std::num::NonZeroUsize::MIN;
    let mut world = World::start(Settings { probes_at_once: at_once, ..quiet() }).await;
    let (home, list) = world.project(often).await;
    let mut exits = Vec::new();
    for _ in 0..3 {
        exits.push(TestExit::start(Mood::Silent).await);
    }
    let all: Vec<_> = exits.iter().map(|exit| (Protocol::Socks5, exit.address)).collect();
    world.add_now((&home, &list), &all).await;
    until("a visit to each", || {
        let outcome = world.status("probe_proxies").outcome;
        assert!(!outcome.contains("2 being asked") && !outcome.contains("3 being"), "{outcome}");
        exits.iter().all(|exit| exit.visits() > 0)
    })
    .await;
    world.end().await;
}
