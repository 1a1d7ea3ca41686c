//! How requests are shared out among exits and connectors.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use model::policy::Strategy;
use model::proxy::Status;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rotation::{Failure, select};

use crate::world::World;

#[test]
fn round_robin_gives_each_exit_the_same() {
    let mut world = World::with_exits(Strategy::RoundRobin, 100);
    let tally = world.tally("", 10_000);
    assert_eq!(tally.len(), 100);
    assert!(tally.values().all(|count| count.abs_diff(100) <= 1), "{tally:?}");
}

#[test]
fn round_robin_gives_each_exit_the_same_from_four_threads() {
    let world = World::with_exits(Strategy::RoundRobin, 100);
    let (world, ask) = (&world, &world.ask(""));
    let carry = |seed| {
        let mut random = SmallRng::seed_from_u64(seed);
        let pick = |_| {
            let chosen = select(&world.roster, ask, &world.sessions, world.now, &mut random);
            chosen.unwrap().next(world.now).unwrap().exit().id
        };
        (0..2_500).map(pick).collect::<Vec<_>>()
    };
    let mut tally = BTreeMap::<_, usize>::new();
    std::thread::scope(|scope| {
        let threads = [1, 2, 3, 4].map(|seed| scope.spawn(move || carry(seed)));
        for exit in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
            *tally.entry(exit).or_default() += 1;
        }
    });
    assert_eq!(tally.len(), 100);
    assert!(tally.values().all(|count| count.abs_diff(100) <= 1), "{tally:?}");
}

#[test]
fn exits_that_are_down_give_their_turns_to_all_others_alike() {
    let mut world = World::with_exits(Strategy::RoundRobin, 100);
    let exits: Vec<_> = world.rows.proxies.iter().map(|proxy| proxy.id).collect();
    for exit in &exits[..60] {
        assert!(world.ledger.set_status(*exit, Status::Draining));
    }
    let tally = world.tally("", 4_000);
    assert_eq!(
        tally.keys().copied().collect::<BTreeSet<_>>(),
        exits[60..].iter().copied().collect()
    );
    assert!(tally.values().all(|count| count.abs_diff(100) <= 1), "{tally:?}");
}

/// Connectors of these weights, ten exits each.
fn weighted(strategy: Strategy, weights: &[u8]) -> World {
    let mut world = World::new(strategy);
    for weight in weights {
        let connector = world.connector(|spec| spec.weight = *weight);
        world.exits(connector, 10);
    }
    world.build();
    world
}

#[test]
fn connectors_share_by_weight() {
    let mut world = weighted(Strategy::RoundRobin, &[1, 3]);
    assert_eq!(world.shares("", 4_000), [1_000, 3_000]);
    let mut world = weighted(Strategy::RoundRobin, &[50, 100, 25]);
    assert_eq!(world.shares("", 7_000), [2_000, 4_000, 1_000]);
    for strategy in [Strategy::Random, Strategy::LeastUsed, Strategy::HealthBased] {
        let shares = weighted(strategy, &[1, 3]).shares("", 8_000);
        assert!(shares[0].abs_diff(2_000) < 200, "{strategy}: {shares:?}");
    }
}

#[test]
fn turns_of_a_heavy_connector_lie_apart() {
    let mut world = weighted(Strategy::RoundRobin, &[1, 3]);
    let light = world.rows.connectors[0].id;
    let picks: Vec<_> = (0..400).map(|_| world.pick("").unwrap()).collect();
    for four in picks.windows(4) {
        let own = four.iter().filter(|exit| world.connector_of(**exit) == light).count();
        assert_eq!(own, 1);
    }
}

#[test]
fn sessions_and_clients_share_by_weight() {
    let mut world = weighted(Strategy::Sticky, &[1, 3]);
    let (light, mut own) = (world.rows.connectors[0].id, [0usize; 2]);
    for number in 0..4_000u32 {
        let exit = world.pick(&format!("session=s{number}")).unwrap();
        own[0] += usize::from(world.connector_of(exit) == light);
        let mut ask = world.ask("");
        ask.client = IpAddr::V4(Ipv4Addr::from_bits(number));
        let exit = world.carry(&ask).unwrap();
        own[1] += usize::from(world.connector_of(exit) == light);
    }
    assert!(own.iter().all(|own| own.abs_diff(1_000) < 120), "{own:?}");
}

#[test]
fn a_connector_that_is_down_leaves_the_proportions_of_the_others() {
    let mut world = weighted(Strategy::RoundRobin, &[8, 1, 3]);
    let dead = world.rows.connectors[0].id;
    for proxy in world.rows.proxies.iter().filter(|proxy| proxy.connector == dead) {
        world.ledger.set_status(proxy.id, Status::Draining);
    }
    assert_eq!(world.shares("", 4_000), [0, 1_000, 3_000]);
    let names = |count: usize| (0..count).map(|number| format!("session=s{number}"));
    let picks: Vec<_> = names(500).map(|name| world.pick(&name).unwrap()).collect();
    assert!(picks.into_iter().all(|exit| world.connector_of(exit) != dead));
}

#[test]
fn a_later_tier_is_used_only_when_no_earlier_one_has_an_exit() {
    for strategy in [Strategy::RoundRobin, Strategy::Random, Strategy::Sticky] {
        let mut world = World::new(strategy);
        // The later one stands first, and weighs more.
        let later = world.connector(|spec| (spec.priority, spec.weight) = (1, 100));
        let earlier = world.connector(|_| ());
        world.exits(later, 5);
        let first = world.exits(earlier, 2);
        world.build();
        assert_eq!(world.shares("", 200), [0, 200], "{strategy}");
        world.ledger.set_status(first[0], Status::Draining);
        assert_eq!(world.tally("", 200).into_keys().collect::<Vec<_>>(), [first[1]]);
        world.ledger.set_status(first[1], Status::Draining);
        assert_eq!(world.shares("", 200), [200, 0], "{strategy}");
        world.ledger.set_status(first[0], Status::Healthy);
        assert_eq!(world.shares("", 200), [0, 200], "{strategy}");
    }
}

#[test]
fn a_request_tries_every_exit_once_tier_by_tier() {
    let mut world = World::new(Strategy::RoundRobin);
    let later = world.connector(|spec| spec.priority = 1);
    let earlier = world.connector(|_| ());
    let second: BTreeSet<_> = world.exits(later, 3).into_iter().collect();
    let first: BTreeSet<_> = world.exits(earlier, 3).into_iter().collect();
    world.build();
    let (ask, now) = (world.ask(""), world.now);
    let mut candidates = world.select(&ask).unwrap();
    let mut tried = Vec::new();
    while let Some(mut turn) = candidates.next(now) {
        tried.push(turn.exit().id);
        turn.failed(Failure::Unreachable, now);
    }
    assert_eq!(tried.len(), 6);
    assert_eq!(tried[..3].iter().copied().collect::<BTreeSet<_>>(), first);
    assert_eq!(tried[3..].iter().copied().collect::<BTreeSet<_>>(), second);
}

#[test]
fn least_used_takes_the_one_with_the_fewest_in_flight() {
    let mut world = World::with_exits(Strategy::LeastUsed, 10);
    for round in 1..=3 {
        let mut turns: Vec<_> = (0..10 * round).map(|_| world.begin("").unwrap()).collect();
        let mut in_flight = BTreeMap::<_, usize>::new();
        for turn in &turns {
            *in_flight.entry(turn.exit().id).or_default() += 1;
        }
        assert!(in_flight.len() == 10 && in_flight.values().all(|count| *count == round));
        let freed = turns.swap_remove(round).exit().id;
        assert_eq!(world.pick("").unwrap(), freed);
    }
}

#[test]
fn least_used_keeps_a_large_pool_even() {
    let mut world = World::with_exits(Strategy::LeastUsed, 1_000);
    let turns: Vec<_> = (0..4_000).map(|_| world.begin("").unwrap()).collect();
    let most = turns.iter().map(|turn| turn.exit().state.in_flight()).max();
    assert!(most <= Some(6), "{most:?}");
}

#[test]
fn random_is_even_in_the_long_run_and_knows_no_order() {
    let mut world = World::with_exits(Strategy::Random, 100);
    let tally = world.tally("", 20_000);
    // The sum of squares is distributed as chi squared with 99 degrees: above 149 once in a thousand.
    let off = |count: usize| f64::from(u32::try_from(count).unwrap()) - 200.0;
    let spread: f64 = tally.values().map(|count| off(*count).powi(2) / 200.0).sum();
    assert!(tally.len() == 100 && (45.0..160.0).contains(&spread), "{spread}");
}

#[test]
fn health_based_prefers_the_faster_and_the_more_reliable() {
    let mut world = World::with_exits(Strategy::HealthBased, 3);
    let ask = world.ask("");
    let mut tally = BTreeMap::<_, usize>::new();
    let [slow, shaky, good] = [0, 1, 2].map(|at| world.rows.proxies[at].id);
    for number in 0..3_000 {
        let now = world.now;
        let mut turn = world.select(&ask).unwrap().next(now).unwrap();
        let exit = turn.exit().id;
        *tally.entry(exit).or_default() += 1;
        let latency = Duration::from_millis(if exit == slow { 800 } else { 20 });
        if exit == shaky && number % 3 == 0 {
            turn.failed(Failure::Silent, now);
        } else {
            turn.opened(latency, now);
        }
        world.now += Duration::from_secs(5);
    }
    assert!(tally[&good] > 3 * tally[&slow] && tally[&good] * 2 > 3 * tally[&shaky], "{tally:?}");
    assert!(tally[&slow] > 0 && tally[&shaky] > 0, "none is forgotten: {tally:?}");
}

#[test]
fn sticky_keeps_a_client_and_spreads_clients() {
    let mut world = World::with_exits(Strategy::Sticky, 50);
    assert_eq!(world.tally("", 10_000).len(), 1);
    let mut tally = BTreeMap::<_, usize>::new();
    for client in 0..10_000 {
        let mut ask = world.ask("");
        ask.client = IpAddr::V4(Ipv4Addr::from_bits(client));
        *tally.entry(world.carry(&ask).unwrap()).or_default() += 1;
    }
    // Ids are chance: one that lies right behind another may have hardly any sessions, or none.
    assert!(tally.len() >= 48 && tally.values().all(|count| *count < 500), "{tally:?}");
    assert!(world.sessions.is_empty(), "nothing has to be remembered for it");
}
