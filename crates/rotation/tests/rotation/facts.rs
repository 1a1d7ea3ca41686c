//! What a node has to tell its peers, and what it makes of what they tell.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use model::ProxyId;
use model::policy::{RateLimit, Strategy};
use model::proxy::Status;
use rotation::{Exception, Rested};
use tokio::sync::mpsc::Receiver;

use crate::world::World;

const MINUTE: Duration = Duration::from_mins(1);

/// All that has been told so far.
fn all<T>(told: &mut Receiver<T>) -> Vec<T> {
    std::iter::from_fn(|| told.try_recv().ok()).collect()
}

/// The exit at which a session begins while all of them work.
fn home(world: &mut World, parameters: &str) -> ProxyId {
    let kept = std::mem::take(&mut world.sessions);
    let home = world.pick(parameters).unwrap();
    world.sessions = kept;
    home
}

/// A node with ten exits and peers, and a session that began while its exit was away.
fn excepted(parameters: &str) -> (World, Receiver<Exception>, Exception) {
    let mut world = World::with_exits(Strategy::RoundRobin, 10);
    let mut told = world.sessions.exceptions().unwrap();
    let home = home(&mut world, parameters);
    world.ledger.set_status(home, Status::Draining);
    let exit = world.pick(parameters).unwrap();
    world.ledger.set_status(home, Status::Healthy);
    let [exception] = &all(&mut told)[..] else { panic!("one exception") };
    assert_eq!((exception.exit, exception.replaces), (exit, None));
    let exception = exception.clone();
    (world, told, exception)
}

/// Another node that sees the same rows.
fn peer(of: &World) -> World {
    let mut peer = World::new(Strategy::RoundRobin);
    peer.rows = of.rows.clone();
    peer.build();
    peer.now = of.now;
    peer
}

#[test]
fn sessions_that_are_where_their_keys_say_are_not_told() {
    for strategy in [Strategy::RoundRobin, Strategy::LeastUsed, Strategy::HealthBased] {
        let mut world = World::new(strategy);
        for (weight, priority) in [(1, 0), (3, 0), (5, 1)] {
            let connector = world.connector(|spec| {
                spec.weight = weight;
                spec.priority = priority;
            });
            world.exits(connector, 20);
            world.exit_in(connector, "de");
            world.exit_in(connector, "de");
        }
        world.build();
        let mut told = world.sessions.exceptions().unwrap();
        for number in 0..500 {
            for wish in ["", "country=de"] {
                let name = format!("session=s{number}{} {wish}", wish.len());
                let exit = world.pick(&name).unwrap();
                assert_eq!(world.pick(&name), Ok(exit));
            }
        }
        assert_eq!(all(&mut told), [], "{strategy}");
    }
    assert!(World::new(Strategy::Random).sessions.exceptions().is_some());
}

#[test]
fn a_session_that_began_elsewhere_goes_on_there_on_every_node() {
    let (world, _told, exception) = excepted("session=a ttl=10m idle=2m");
    assert_eq!((exception.ttl, exception.idle), (Some(10 * MINUTE), Some(2 * MINUTE)));
    let mut peer = peer(&world);
    let elsewhere = home(&mut peer, "session=a");
    assert_ne!(elsewhere, exception.exit);
    // Whatever it was bound to here.
    assert_eq!(peer.pick("session=a"), Ok(elsewhere));
    peer.sessions.learn(&exception, peer.now);
    assert_eq!(peer.pick("session=a"), Ok(exception.exit));
    peer.now += 3 * MINUTE;
    assert_eq!(peer.pick("session=a"), Ok(elsewhere));
    assert!(peer.sessions.exceptions().is_some() && peer.sessions.exceptions().is_none());
}

#[test]
fn a_session_in_use_is_told_again_when_half_of_its_idle_time_is_over_and_only_once() {
    let (mut world, mut told, first) = excepted("session=a ttl=1h idle=10m");
    for minutes in 1..=40 {
        world.now += MINUTE;
        for _ in 0..20 {
            assert_eq!(world.pick("session=a"), Ok(first.exit));
        }
        let again = all(&mut told);
        if minutes % 5 != 0 {
            assert_eq!(again, []);
            continue;
        }
        let ttl = Some(MINUTE * (60 - minutes));
        assert_eq!(again, [Exception { ttl, ..first.clone() }]);
    }
    // Not by the one who has just been told.
    let mut peer = peer(&world);
    let mut told = peer.sessions.exceptions().unwrap();
    peer.sessions.learn(&first, peer.now);
    peer.now += 4 * MINUTE;
    assert_eq!(peer.pick("session=a"), Ok(first.exit));
    assert_eq!(all(&mut told), []);
    peer.now += MINUTE;
    assert_eq!(peer.pick("session=a"), Ok(first.exit));
    assert_eq!(all(&mut told).len(), 1);
}

#[test]
fn an_exit_that_comes_makes_an_exception_of_each_session_it_would_have_got() {
    let mut world = World::with_exits(Strategy::Random, 5);
    let mut told = world.sessions.exceptions().unwrap();
    let names: Vec<_> = (0..500).map(|number| format!("session=s{number}")).collect();
    let before: Vec<_> = names.iter().map(|name| world.pick(name).unwrap()).collect();
    let connector = world.rows.connectors[0].id;
    world.exits(connector, 5);
    world.build();
    for _ in 0..2 {
        for (name, exit) in names.iter().zip(&before) {
            assert_eq!(world.pick(name), Ok(*exit));
        }
    }
    let exceptions = all(&mut told);
    let mut fresh = peer(&world);
    let moved = names.iter().zip(&before).filter(|(name, exit)| fresh.pick(name) != Ok(**exit));
    assert_eq!(exceptions.len(), moved.count());
    assert!(exceptions.len() > 150, "{}", exceptions.len());
    let mut peer = peer(&world);
    for exception in &exceptions {
        peer.sessions.learn(exception, peer.now);
    }
    for (name, exit) in names.iter().zip(&before) {
        assert_eq!(peer.pick(name), Ok(*exit));
    }
}

#[test]
fn what_follows_a_lost_exit_or_the_end_of_a_time_is_told_with_what_it_replaces() {
    let (mut world, mut told, first) = excepted("session=a ttl=10m idle=1h");
    world.ledger.set_status(first.exit, Status::Draining);
    let next = world.pick("session=a ttl=10m idle=1h").unwrap();
    let [moved] = &all(&mut told)[..] else { panic!("one exception") };
    // Even where it is home again: peers believe that it is elsewhere.
    assert_eq!((moved.exit, moved.replaces), (next, Some(first.exit)));
    world.now += 10 * MINUTE;
    let last = world.pick("session=a ttl=10m idle=1h").unwrap();
    let [outlived] = &all(&mut told)[..] else { panic!("one exception") };
    assert_eq!((outlived.exit, outlived.replaces), (last, Some(next)));
    // What was silent for too long here may not have been there.
    world.now += 70 * MINUTE;
    assert_eq!(world.pick("session=a ttl=2h idle=1h"), world.pick("session=a"));
    assert!(all(&mut told).iter().all(|told| told.replaces == Some(last)));
}

#[test]
fn a_rotation_by_time_is_told_and_one_by_number_is_not() {
    let mut world = World::with_exits(Strategy::RoundRobin, 10);
    let mut told = world.sessions.exceptions().unwrap();
    let exit = world.pick("rotate=10m country=de").err();
    assert!(exit.is_some() && all(&mut told).is_empty());
    let exit = world.pick("rotate=10m").unwrap();
    for _ in 0..9 {
        world.pick("rotate=3").unwrap();
    }
    let [exception] = &all(&mut told)[..] else { panic!("one exception") };
    assert_eq!((exception.exit, exception.ttl), (exit, Some(10 * MINUTE)));
    assert!(exception.session.contains(' '), "a client could take that name");
    let mut peer = peer(&world);
    peer.sessions.learn(exception, peer.now);
    for _ in 0..5 {
        assert_eq!(peer.pick("rotate=10m"), Ok(exit));
    }
}

#[test]
fn exceptions_are_told_again_to_those_who_forgot() {
    let (mut world, _told, exception) = excepted("session=a idle=10m");
    world.now += MINUTE;
    let before = world.now;
    let again = |world: &World| -> Vec<Exception> {
        let parts =
            (0..).map_while(|part| world.sessions.exceptions_again(part, before, world.now));
        parts.flatten().collect()
    };
    assert_eq!(again(&world), [exception]);
    assert_eq!(again(&world), []);
    world.now += 10 * MINUTE;
    assert_eq!(again(&world), []);
}

#[test]
fn rests_by_hand_and_of_a_limit_with_a_range_are_told() {
    let rate = |quarantine| RateLimit {
        max_requests: NonZeroU32::new(1).unwrap(),
        window: MINUTE,
        quarantine,
        sticky_quarantine: false,
    };
    let mut world = World::new(Strategy::RoundRobin);
    let range = Some((2 * MINUTE, 2 * MINUTE));
    let ranged = world.connector(|spec| spec.rate_limit = Some(rate(range)));
    let waiting = world.connector(|spec| spec.rate_limit = Some(rate(None)));
    let (ranged, waiting) = (world.exits(ranged, 2), world.exits(waiting, 2));
    world.build();
    let mut told = world.ledger.rests().unwrap();
    for _ in 0..4 {
        world.pick("").unwrap();
    }
    let mut rests = all(&mut told);
    rests.dedup();
    let mut proxies: Vec<_> = rests.iter().map(|rested| rested.proxy).collect();
    proxies.sort();
    let mut expected = ranged.clone();
    expected.sort();
    assert_eq!(proxies, expected);
    assert!(rests.iter().all(|rested| rested.left(world.now) == Some(2 * MINUTE)));
    // A new picture is no news.
    world.build();
    assert_eq!(all(&mut told), []);
    world.ledger.quarantine(waiting[0], Some(MINUTE), world.now);
    let by_hand = all(&mut told);
    assert_eq!(by_hand.iter().map(|rested| rested.proxy).collect::<Vec<_>>(), [waiting[0]]);
    world.ledger.quarantine(waiting[0], None, world.now);
    assert_eq!(all(&mut told)[0].left(world.now), None);
}

#[test]
fn what_a_peer_lets_rest_is_not_told_back_as_news() {
    let mut world = World::with_exits(Strategy::RoundRobin, 2);
    let exit = world.rows.proxies[0].id;
    let mut told = world.ledger.rests().unwrap();
    let obeyed = world.ledger.obey(exit, Some(MINUTE), world.now).unwrap();
    assert_eq!(obeyed.left(world.now), Some(MINUTE));
    assert_eq!(all(&mut told), [] as [Rested; 0]);
    assert!(!world.tally("", 10).contains_key(&exit));
    assert_eq!(world.ledger.obey(ProxyId::new(), None, world.now), None);
    world.ledger.obey(exit, None, world.now).unwrap();
    assert!(world.tally("", 10).contains_key(&exit));
}

#[test]
fn a_verdict_of_a_peer_counts_until_traffic_here_knows_better() {
    let mut world = World::with_exits(Strategy::RoundRobin, 2);
    let exit = world.rows.proxies[0].id;
    let health = |world: &World| world.ledger.health(exit, world.now).unwrap().status;
    assert!(world.ledger.believe(exit, false, world.now, 0.5));
    assert_eq!(health(&world), Status::Unhealthy);
    assert!(!world.tally("", 50).contains_key(&exit));
    assert!(world.ledger.believe(exit, true, world.now, 0.5));
    assert_eq!(health(&world), Status::Healthy);
    world.ledger.believe(exit, false, world.now, 0.5);
    world.now += 10 * MINUTE;
    assert!(world.tally("", 50).contains_key(&exit));
    assert_eq!(health(&world), Status::Healthy);
    world.ledger.set_status(exit, Status::Draining);
    for works in [true, false] {
        world.ledger.believe(exit, works, world.now, 0.5);
        assert_eq!(health(&world), Status::Draining);
    }
    assert!(!world.ledger.believe(ProxyId::new(), true, world.now, 0.5));
}

#[test]
fn two_of_three_probes_decide_and_say_so() {
    let world = World::with_exits(Strategy::RoundRobin, 1);
    let state = Arc::clone(&world.roster.exits().next().unwrap().state);
    let probe =
        |works: bool| rotation::Ledger::probed(&state, works.then_some(MINUTE), world.now, 0.5);
    let said = [true, false, false, false, true, true, false].map(probe);
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(said, [yes, None, no, no, None, yes, None]);
}
