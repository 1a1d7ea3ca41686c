//! What keeps an exit from being chosen: rate limits, requests in flight, quarantine, failures.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use model::policy::{RateLimit, Strategy};
use model::proxy::Status;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rotation::{Failure, Unavailable, select};

use crate::world::{LATENCY, World};

const SECOND: Duration = Duration::from_secs(1);

/// At most three requests in ten seconds.
fn limit() -> RateLimit {
    RateLimit {
        max_requests: NonZeroU32::new(3).unwrap(),
        window: SECOND * 10,
        quarantine: None,
        sticky_quarantine: false,
    }
}

/// That many exits under that limit.
fn limited(strategy: Strategy, exits: usize, limit: RateLimit) -> World {
    let mut world = World::new(strategy);
    let connector = world.connector(|spec| spec.rate_limit = Some(limit));
    world.exits(connector, exits);
    world.build();
    world
}

fn until(seconds: u32) -> Unavailable {
    Unavailable::AllLimited { retry_after: SECOND * seconds }
}

#[test]
fn one_more_than_the_limit_is_told_when_to_come_back() {
    for strategy in [Strategy::RoundRobin, Strategy::Random, Strategy::LeastUsed] {
        let mut world = limited(strategy, 100, limit());
        // Nothing of this ever ends: a limit counts requests when they start.
        let turns: Vec<_> = (0..300).map(|_| world.begin("").unwrap()).collect();
        assert!(turns.iter().all(|turn| turn.exit().state.in_flight() == 3));
        assert_eq!(world.begin("").unwrap_err(), until(10), "{strategy}");
        world.now += SECOND * 4;
        assert_eq!(world.begin("").unwrap_err(), until(6), "{strategy}");
        world.now += SECOND * 6;
        let again: Vec<_> = (0..300).map(|_| world.begin("").unwrap()).collect();
        assert_eq!(world.begin("").unwrap_err(), until(10), "{strategy}");
        drop((turns, again));
    }
}

#[test]
fn the_window_slides() {
    let mut world = limited(Strategy::RoundRobin, 1, limit());
    for _ in 0..3 {
        world.pick("").unwrap();
        world.now += SECOND * 2;
    }
    assert_eq!(world.pick(""), Err(until(4)));
    world.now += SECOND * 4;
    world.pick("").unwrap();
    assert_eq!(world.pick(""), Err(until(2)));
}

#[test]
fn an_exit_that_reached_the_limit_rests_for_its_quarantine() {
    let rest = (SECOND * 20, SECOND * 30);
    let mut world =
        limited(Strategy::RoundRobin, 50, RateLimit { quarantine: Some(rest), ..limit() });
    world.tally("", 150);
    let Err(Unavailable::AllLimited { retry_after }) = world.pick("") else {
        panic!("all have reached the limit")
    };
    assert!(
        (rest.0..rest.0 + SECOND * 2).contains(&retry_after),
        "the first of 50: {retry_after:?}"
    );
    let rests: BTreeSet<_> = world
        .rows
        .proxies
        .iter()
        .map(|proxy| world.ledger.health(proxy.id, world.now).unwrap().quarantined_for.unwrap())
        .collect();
    assert!(rests.iter().all(|length| (rest.0..=rest.1).contains(length)), "{rests:?}");
    assert!(rests.len() > 40, "they do not all come back at once");
    world.now += SECOND * 30;
    assert_eq!(world.tally("", 150).len(), 50);
}

#[test]
fn a_session_leaves_a_limited_exit_or_waits_for_it() {
    let mut world = limited(Strategy::RoundRobin, 2, limit());
    assert_eq!(world.tally("session=a", 3).len(), 1);
    let other = world.pick("session=a").unwrap();
    assert_eq!(world.pick("session=a"), Ok(other));

    let mut world =
        limited(Strategy::RoundRobin, 2, RateLimit { sticky_quarantine: true, ..limit() });
    let exit = world.pick("session=a").unwrap();
    world.tally("session=a", 2);
    assert_eq!(world.pick("session=a"), Err(until(10)));
    assert_ne!(world.pick("").unwrap(), exit);
    world.now += SECOND * 10;
    assert_eq!(world.pick("session=a"), Ok(exit));
}

#[test]
fn no_exit_carries_more_at_once_than_it_may() {
    for strategy in [Strategy::RoundRobin, Strategy::Random, Strategy::HealthBased] {
        let mut world = World::new(strategy);
        let connector = world.connector(|spec| spec.max_in_flight = Some(2));
        world.exits(connector, 200);
        world.build();
        let mut turns: Vec<_> = (0..400).map(|_| world.begin("").unwrap()).collect();
        assert!(turns.iter().all(|turn| turn.exit().state.in_flight() == 2));
        assert_eq!(world.begin("").unwrap_err(), until(1), "{strategy}");
        // However many are busy, the one that is not is found.
        for _ in 0..20 {
            let freed = turns.remove(150).exit().id;
            let turn = world.begin("").unwrap();
            assert_eq!(turn.exit().id, freed, "{strategy}");
            turns.push(turn);
        }
    }
}

#[test]
fn threads_together_keep_to_what_an_exit_may_carry() {
    let mut world = World::new(Strategy::Random);
    let connector = world.connector(|spec| spec.max_in_flight = Some(1));
    world.exits(connector, 3);
    world.build();
    let (ask, roster, sessions, now) = (world.ask(""), &world.roster, &world.sessions, world.now);
    let carry = || {
        for _ in 0..5_000 {
            let chosen = rotation::select(roster, &ask, sessions, now, &mut rand::rng());
            let turn = chosen.ok().and_then(|mut candidates| candidates.next(now));
            assert!(turn.is_none_or(|turn| turn.exit().state.in_flight() <= 1));
        }
    };
    std::thread::scope(|scope| {
        (0..4).map(|_| scope.spawn(carry)).for_each(drop);
    });
    assert!(roster.exits().all(|exit| exit.state.in_flight() == 0));
}

#[test]
fn an_exit_in_quarantine_is_chosen_for_nothing() {
    let mut world = World::with_exits(Strategy::RoundRobin, 3);
    let [a, b, c] = [0, 1, 2].map(|at| world.rows.proxies[at].id);
    assert!(world.ledger.quarantine(a, Some(SECOND * 30), world.now));
    assert!(!world.tally("", 30).contains_key(&a));
    // It rests on when the configuration changes.
    world.build();
    assert!(!world.tally("", 30).contains_key(&a));
    world.ledger.quarantine(b, Some(SECOND * 40), world.now);
    world.ledger.quarantine(c, Some(SECOND * 50), world.now);
    assert_eq!(world.pick(""), Err(until(30)));
    world.now += SECOND * 30;
    assert_eq!(world.pick(""), Ok(a));
    world.ledger.quarantine(c, None, world.now);
    assert_eq!(world.tally("", 30).into_keys().collect::<BTreeSet<_>>(), BTreeSet::from([a, c]));
}

#[test]
fn an_exit_that_fails_is_the_last_choice_then_none_and_comes_back_by_one_trial() {
    let mut world = World::with_exits(Strategy::RoundRobin, 2);
    let [bad, good] = [0, 1].map(|at| world.rows.proxies[at].id);
    let fail = |world: &mut World| {
        let now = world.now;
        let filter = format!("exit={bad}");
        world.begin(&filter).unwrap().failed(Failure::Unreachable, now);
    };
    fail(&mut world);
    assert_eq!(world.ledger.health(bad, world.now).unwrap().status, Status::Degraded);
    assert_eq!(world.tally("", 20).into_keys().collect::<Vec<_>>(), [good]);
    fail(&mut world);
    fail(&mut world);
    assert_eq!(world.ledger.health(bad, world.now).unwrap().status, Status::Unhealthy);
    let only_bad = format!("exit={bad}");
    assert_eq!(world.pick(&only_bad), Err(Unavailable::NoneEligible));
    world.now += SECOND * 5;
    let now = world.now;
    let mut trial = world.begin(&only_bad).unwrap();
    assert_eq!(world.begin(&only_bad).unwrap_err(), Unavailable::NoneEligible, "one trial");
    trial.opened(LATENCY, now);
    drop(trial);
    assert_eq!(world.tally("", 20).len(), 2);
}

#[test]
fn what_was_in_flight_when_an_exit_broke_off_is_one_failure() {
    let mut world = World::with_exits(Strategy::RoundRobin, 1);
    let exit = world.rows.proxies[0].id;
    let turns: Vec<_> = (0..20).map(|_| world.begin("").unwrap()).collect();
    let now = world.now;
    for mut turn in turns {
        turn.failed(Failure::Unreachable, now);
    }
    let health = world.ledger.health(exit, now).unwrap();
    assert_eq!((health.status, health.consecutive_failures), (Status::Degraded, 1));
}

#[test]
fn a_trial_without_a_verdict_leaves_room_for_the_next() {
    let mut world = World::with_exits(Strategy::RoundRobin, 1);
    for _ in 0..3 {
        let now = world.now;
        world.begin("").unwrap().failed(Failure::Unreachable, now);
    }
    assert_eq!(world.pick(""), Err(Unavailable::NoneEligible));
    world.now += SECOND * 5;
    let trial = world.begin("").unwrap();
    assert_eq!(world.begin("").unwrap_err(), Unavailable::NoneEligible);
    // It has lost a race, say.
    drop(trial);
    assert!(world.begin("").is_ok());
}

#[test]
fn a_target_that_does_not_answer_is_not_held_against_the_exit() {
    let mut world = World::with_exits(Strategy::RoundRobin, 1);
    for why in [Failure::TargetUnreachable, Failure::Cancelled] {
        let now = world.now;
        for _ in 0..5 {
            world.begin("").unwrap().failed(why, now);
        }
    }
    let exit = world.rows.proxies[0].id;
    assert_eq!(world.ledger.health(exit, world.now).unwrap().status, Status::Unknown);
    let counters = world.ledger.counters(exit);
    assert_eq!((counters.requests, counters.failures), (5, 5));
}

/// Requests come and go while others search: whoever finds the one exit taken is told to wait, even
/// when it is free again by the time of the answer.
#[test]
fn an_exit_that_was_taken_a_moment_ago_is_not_missing() {
    let mut world = World::new(Strategy::Random);
    let connector = world.connector(|spec| spec.max_in_flight = Some(1));
    world.exits(connector, 1);
    world.build();
    let (ask, now) = (world.ask(""), world.now);
    let search = |seed| {
        let mut random = SmallRng::seed_from_u64(seed);
        for _ in 0..100_000 {
            match select(&world.roster, &ask, &world.sessions, now, &mut random) {
                Ok(mut candidates) => drop(candidates.next(now)),
                Err(why) => assert!(matches!(why, Unavailable::AllLimited { .. }), "{why:?}"),
            }
        }
    };
    std::thread::scope(|scope| {
        for seed in 0..4 {
            scope.spawn(move || search(seed));
        }
    });
}
