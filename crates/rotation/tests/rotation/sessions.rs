//! Which requests belong together, and what happens when their exit is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::ProxyId;
use model::policy::Strategy;
use model::proxy::Status;
use rotation::{Failure, Unavailable};

use crate::world::{LATENCY, World};

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn ten_thousand_requests_of_a_session_have_one_exit() {
    for strategy in [Strategy::RoundRobin, Strategy::Random, Strategy::HealthBased] {
        let mut world = World::with_exits(strategy, 100);
        assert_eq!(world.tally("session=a", 10_000).len(), 1, "{strategy}");
        assert!(world.tally("", 100).len() > 40, "{strategy}");
    }
}

#[test]
fn two_nodes_give_a_session_the_same_exit() {
    let mut here = World::with_exits(Strategy::RoundRobin, 100);
    let mut there = World::new(Strategy::RoundRobin);
    there.rows = here.rows.clone();
    there.rows.proxies.reverse();
    there.build();
    for number in 0..200 {
        let name = format!("session=s{number}");
        assert_eq!(here.pick(&name), there.pick(&name));
    }
}

/// The exits of a thousand sessions that are not bound.
fn fresh(world: &mut World, sessions: usize) -> Vec<ProxyId> {
    world.sessions = Arc::default();
    (0..sessions).map(|number| world.pick(&format!("session=s{number}")).unwrap()).collect()
}

#[test]
fn an_exit_that_leaves_moves_only_its_own_sessions() {
    const SESSIONS: usize = 10_000;
    for exits in [10, 50] {
        let mut world = World::with_exits(Strategy::RoundRobin, exits);
        let before = fresh(&mut world, SESSIONS);
        let gone = before[0];
        world.remove(gone);
        let after = fresh(&mut world, SESSIONS);
        let moved = before.iter().zip(&after).filter(|(before, after)| before != after);
        assert!(moved.clone().all(|(before, _)| *before == gone));
        let moved = moved.count();
        assert!(0 < moved && moved <= 2 * SESSIONS / exits, "{moved} of {exits} exits");
    }
}

#[test]
fn bound_sessions_stay_where_they_are_when_exits_come_and_go() {
    let mut world = World::with_exits(Strategy::RoundRobin, 20);
    let before = fresh(&mut world, 1_000);
    let connector = world.rows.connectors[0].id;
    world.exits(connector, 20);
    world.remove(before[0]);
    for (number, exit) in before.iter().enumerate().filter(|(_, exit)| **exit != before[0]) {
        assert_eq!(world.pick(&format!("session=s{number}")), Ok(*exit));
    }
}

/// Two exits in Germany, two in France; session `a`, bound to a German one.
fn bound() -> (World, ProxyId, BTreeMap<ProxyId, &'static str>) {
    let mut world = World::new(Strategy::RoundRobin);
    let connector = world.connector(|_| ());
    let countries = ["de", "de", "fr", "fr"];
    let countries = countries.map(|country| (world.exit_in(connector, country), country)).into();
    world.build();
    let exit = world.pick("session=a country=de").unwrap();
    (world, exit, countries)
}

#[test]
fn a_lost_session_fails_and_keeps_its_exit() {
    let (mut world, exit, _) = bound();
    world.ledger.set_status(exit, Status::Draining);
    for _ in 0..5 {
        assert_eq!(world.pick("session=a lost=fail"), Err(Unavailable::SessionLost));
    }
    world.ledger.set_status(exit, Status::Healthy);
    assert_eq!(world.pick("session=a lost=fail"), Ok(exit));
    world.remove(exit);
    assert_eq!(world.pick("session=a lost=fail"), Err(Unavailable::SessionLost));
}

#[test]
fn a_lost_session_moves_within_its_country() {
    let (mut world, exit, countries) = bound();
    world.ledger.set_status(exit, Status::Draining);
    let next = world.pick("session=a lost=country").unwrap();
    assert!(next != exit && countries[&next] == "de");
    // It has moved: the old exit does not get it back.
    world.ledger.set_status(exit, Status::Healthy);
    assert_eq!(world.tally("session=a lost=country", 20).into_keys().collect::<Vec<_>>(), [next]);
    world.ledger.set_status(exit, Status::Draining);
    world.ledger.set_status(next, Status::Draining);
    assert_eq!(world.pick("session=a lost=country"), Err(Unavailable::NoneEligible));
}

#[test]
fn a_lost_session_moves_anywhere() {
    let (mut world, exit, countries) = bound();
    for (german, _) in countries.iter().filter(|(_, country)| **country == "de") {
        world.ledger.set_status(*german, Status::Draining);
    }
    let next = world.pick("session=a lost=any").unwrap();
    assert!(next != exit && countries[&next] == "fr");
    world.ledger.set_status(exit, Status::Healthy);
    assert_eq!(world.tally("session=a", 20).into_keys().collect::<Vec<_>>(), [next]);
}

/// The exits that a session's one request tries when all of them fail.
fn tried(world: &mut World, parameters: &str) -> Vec<ProxyId> {
    let (ask, now) = (world.ask(parameters), world.now);
    let mut candidates = world.select(&ask).unwrap();
    let mut tried = Vec::new();
    while let Some(mut turn) = candidates.next(now) {
        tried.push(turn.exit().id);
        turn.failed(Failure::Unreachable, now);
    }
    tried
}

#[test]
fn what_is_tried_behind_a_lost_exit_is_what_the_session_allows() {
    let (mut world, exit, _) = bound();
    assert_eq!(tried(&mut world, "session=a lost=fail"), [exit]);
    let (mut world, exit, countries) = bound();
    let attempts = tried(&mut world, "session=a lost=country");
    assert!(attempts.len() == 2 && attempts[0] == exit && countries[&attempts[1]] == "de");
    let (mut world, exit, _) = bound();
    let attempts = tried(&mut world, "session=a lost=any");
    assert!(attempts.len() == 4 && attempts[0] == exit);
    // A session that has no exit yet has none to keep.
    assert_eq!(tried(&mut bound().0, "session=new lost=fail").len(), 4);
}

#[test]
fn a_session_lasts_as_long_as_it_says() {
    for (parameters, step, steps) in [
        ("session=a ttl=10m idle=1h", MINUTE, 9),
        ("session=a idle=10m", MINUTE * 9, 30),
        ("session=a", MINUTE * 4, 30),
    ] {
        let mut world = World::with_exits(Strategy::RoundRobin, 10);
        // The exit that the key alone would choose is down while the session is bound, so that the
        // end of the binding can be seen.
        let first = world.pick(parameters).unwrap();
        world.sessions = Arc::default();
        world.ledger.set_status(first, Status::Draining);
        let exit = world.pick(parameters).unwrap();
        world.ledger.set_status(first, Status::Healthy);
        for _ in 0..steps {
            world.now += step;
            assert_eq!(world.pick(parameters), Ok(exit), "{parameters}");
        }
        world.now += step + MINUTE;
        let next = world.pick(parameters);
        if parameters.contains("ttl") {
            assert_ne!(next, Ok(exit), "{parameters}");
        } else {
            assert_eq!(next, Ok(first), "{parameters}");
        }
    }
}

#[test]
fn a_session_whose_time_is_over_goes_on_with_another_exit_if_there_is_one() {
    let mut world = World::with_exits(Strategy::RoundRobin, 3);
    let mut last = None;
    for _ in 0..50 {
        let exit = world.pick("session=a ttl=1m").unwrap();
        assert_ne!(Some(exit), last);
        assert_eq!(world.pick("session=a ttl=1m"), Ok(exit));
        last = Some(exit);
        world.now += MINUTE;
    }
    let mut world = World::with_exits(Strategy::RoundRobin, 1);
    let exit = world.pick("session=a ttl=1m");
    world.now += MINUTE;
    assert!(exit.is_ok() && world.pick("session=a ttl=1m") == exit);
}

#[test]
fn requests_that_begin_a_session_at_once_agree() {
    let mut world = World::with_exits(Strategy::RoundRobin, 10);
    let now = world.now;
    let mut turns: Vec<_> = (0..5).map(|_| world.begin("rotate=10m").unwrap()).collect();
    let first = turns[0].exit().id;
    for turn in &mut turns {
        turn.opened(LATENCY, now);
    }
    assert_eq!(world.tally("rotate=10m", 50).into_keys().collect::<Vec<_>>(), [first]);
}

#[test]
fn a_number_of_requests_goes_through_one_exit_then_the_next() {
    for strategy in [Strategy::RoundRobin, Strategy::Sticky, Strategy::Random] {
        let mut world = World::new(strategy);
        for _ in 0..2 {
            let connector = world.connector(|_| ());
            world.exits(connector, 10);
        }
        world.build();
        let picks: Vec<_> = (0..300).map(|_| world.pick("rotate=3").unwrap()).collect();
        let runs: Vec<_> = picks.chunks(3).collect();
        assert!(runs.iter().all(|run| run.iter().all(|exit| *exit == run[0])), "{strategy}");
        let exits: BTreeSet<_> = runs.iter().map(|run| run[0]).collect();
        assert!(exits.len() > 15, "{strategy}: {} exits", exits.len());
        if strategy == Strategy::RoundRobin {
            assert_eq!(exits.len(), 20);
            assert!(runs.windows(2).all(|two| two[0][0] != two[1][0]));
        }
    }
}

#[test]
fn a_time_goes_through_one_exit_then_the_next() {
    let mut world = World::with_exits(Strategy::RoundRobin, 10);
    let mut exits = BTreeSet::new();
    for _ in 0..10 {
        let exit = world.pick("rotate=10m").unwrap();
        assert!(exits.insert(exit), "each has its turn");
        for _ in 0..9 {
            world.now += MINUTE;
            assert_eq!(world.pick("rotate=10m"), Ok(exit));
        }
        world.now += MINUTE;
    }
}

#[test]
fn logins_that_wish_for_different_exits_rotate_apart() {
    let mut world = World::new(Strategy::RoundRobin);
    for _ in 0..2 {
        let connector = world.connector(|_| ());
        for country in ["de", "de", "de", "fr", "fr", "fr"] {
            world.exit_in(connector, country);
        }
    }
    world.build();
    let wishes = [
        "country=de connector=connector_0",
        "country=de connector=connector_1",
        "country=fr connector=connector_0",
        "country=fr",
    ];
    let asks = wishes.map(|wish| format!("rotate=50 {wish}"));
    let first = asks.each_ref().map(|ask| world.pick(ask).unwrap());
    for _ in 0..49 {
        assert_eq!(asks.each_ref().map(|ask| world.pick(ask).unwrap()), first);
    }
    let next = asks.each_ref().map(|ask| world.pick(ask).unwrap());
    assert!(first.iter().zip(&next).all(|(first, next)| first != next));
}
