//! What is said of a choice is what happens, and saying it changes nothing.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use model::policy::{RateLimit, Strategy};
use model::proxy::Status;
use model::{Host, ProxyId};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rotation::{Explanation, Failure, Sharing, Standing, Unavailable, explain, select};

use crate::world::World;

impl World {
    fn explain(&self, parameters: &str, seed: u64) -> Explanation {
        let mut random = SmallRng::seed_from_u64(seed);
        explain(&self.ask(parameters), &self.sessions, self.now, &mut random)
    }

    /// The exits that a request tries, one after another.
    fn tried(&self, parameters: &str, seed: u64) -> Result<Vec<ProxyId>, Unavailable> {
        let (ask, mut random) = (self.ask(parameters), SmallRng::seed_from_u64(seed));
        let mut chosen = select(&self.roster, &ask, &self.sessions, self.now, &mut random)?;
        let turns = std::iter::from_fn(|| chosen.next(self.now).map(|turn| turn.exit().id));
        Ok(turns.take(10).collect())
    }
}

fn named(explanation: &Explanation) -> Vec<ProxyId> {
    explanation.choices.iter().map(|choice| choice.exit.id).collect()
}

fn left(explanation: &Explanation) -> BTreeMap<&str, usize> {
    explanation.stages.iter().map(|(stage, left)| (stage.as_str(), *left)).collect()
}

fn limit(max_requests: u32) -> RateLimit {
    RateLimit {
        max_requests: NonZeroU32::new(max_requests).unwrap(),
        window: Duration::from_mins(1),
        quarantine: None,
        sticky_quarantine: false,
    }
}

/// Connectors of two tiers, exits in two countries, some of which fail, rest, or are limited.
fn troubled(strategy: Strategy, troubles: &[u8]) -> World {
    let mut world = World::new(strategy);
    for (priority, most) in [(1, None), (1, Some(2)), (2, None)] {
        let connector = world.connector(|spec| {
            spec.priority = priority;
            spec.weight = 1 + u8::from(most.is_some());
            spec.max_in_flight = most;
            spec.rate_limit = most.map(limit);
        });
        for country in ["us", "de", "us", "us"] {
            world.exit_in(connector, country);
        }
    }
    world.build();
    let exits: Vec<_> = world.rows.proxies.iter().map(|proxy| proxy.id).collect();
    for (exit, trouble) in exits.iter().zip(troubles) {
        match trouble {
            0 => assert!(world.ledger.set_status(*exit, Status::Draining)),
            1 => assert!(world.ledger.quarantine(*exit, Some(Duration::from_mins(1)), world.now)),
            2 => {
                if let Ok(mut turn) = world.begin(&format!("exit={exit}")) {
                    turn.failed(Failure::Unreachable, world.now);
                }
            }
            _ => {}
        }
    }
    world
}

proptest! {
    #[test]
    fn what_is_said_is_what_happens_whatever_the_state(
        troubles in prop::collection::vec(0u8..6, 12),
        steps in prop::collection::vec((0usize..6, any::<u64>(), 0u8..5), 1..40),
        strategy in prop::sample::select(Strategy::ALL),
    ) {
        let wishes = ["", "country=us", "country=de", "session=a", "session=b rotate=3", "rotate=2"];
        let mut world = troubled(strategy, &troubles);
        let mut in_flight = Vec::new();
        for (wish, seed, then) in steps {
            let said = world.explain(wishes[wish], seed);
            prop_assert_eq!(named(&said), named(&world.explain(wishes[wish], seed)), "twice");
            let is_left = left(&said)["tier"] > 0;
            let is_session = wishes[wish].contains("session");
            prop_assert!(is_left == said.refusal.is_none() || is_session, "{:?}", said);
            // What follows may not be what `tried` would take: each its own way to go on.
            world.random = SmallRng::seed_from_u64(seed);
            match world.begin(wishes[wish]) {
                Ok(mut turn) => {
                    prop_assert_eq!(Some(turn.exit().id), named(&said).first().copied());
                    match then {
                        0 => turn.failed(Failure::Silent, world.now),
                        1 => in_flight.push(turn),
                        _ => {
                            turn.opened(Duration::from_millis(u64::from(then) * 20), world.now);
                            turn.finish(true);
                        }
                    }
                }
                Err(why) => prop_assert_eq!(Some(why), said.refusal),
            }
            world.now += Duration::from_millis(seed % 3_000);
        }
    }
}

#[test]
fn the_others_are_named_in_the_order_in_which_they_are_tried() {
    for strategy in Strategy::ALL {
        let world = World::with_exits(*strategy, 30);
        for seed in 0..5 {
            let said = world.explain("", seed);
            assert_eq!(named(&said).len(), 10);
            assert_eq!(Ok(named(&said)), world.tried("", seed), "{strategy}");
        }
    }
}

#[test]
fn asking_takes_nobodys_turn() {
    let mut world = World::with_exits(Strategy::RoundRobin, 10);
    let mut tally = BTreeMap::<_, usize>::new();
    for seed in 0..100 {
        for parameters in ["", "rotate=7", "session=a", "exit=none"].iter().take(3) {
            world.explain(parameters, seed);
        }
        *tally.entry(world.pick("").unwrap()).or_default() += 1;
    }
    assert!(tally.len() == 10 && tally.values().all(|count| *count == 10), "{tally:?}");
    let exit = world.pick("rotate=3").unwrap();
    for _ in 0..20 {
        assert_eq!(world.explain("rotate=3", 1).bound, Some(exit), "it is no use of a rotation");
    }
    assert_eq!([(); 2].map(|()| world.pick("rotate=3").unwrap()), [exit; 2]);
    assert_eq!(world.explain("rotate=3", 1).bound, None);
}

#[test]
fn limits_are_seen_and_left_as_they_are() {
    let mut world = World::new(Strategy::RoundRobin);
    let connector = world.connector(|spec| spec.rate_limit = Some(limit(2)));
    world.exits(connector, 2);
    world.build();
    for _ in 0..10 {
        assert_eq!(left(&world.explain("", 1))["limit"], 2);
    }
    for expected in [2, 2, 2, 1] {
        assert_eq!(left(&world.explain("", 1))["tier"], expected);
        world.pick("").unwrap();
    }
    let said = world.explain("", 1);
    assert_eq!((left(&said)["health"], left(&said)["quarantine"]), (2, 0));
    assert!(matches!(said.refusal, Some(Unavailable::AllLimited { .. })), "{said:?}");
    assert_eq!(world.pick("").unwrap_err(), said.refusal.unwrap());
}

#[test]
fn tokens_that_would_be_asked_for_are_as_good_as_here() {
    let mut world = World::new(Strategy::RoundRobin);
    let connector = world.connector(|spec| spec.rate_limit = Some(limit(2)));
    world.exits(connector, 2);
    world.build();
    world.ledger.allotments().share(Sharing::Tokens);
    let said = world.explain("", 1);
    assert_eq!((said.refusal, named(&said).len()), (None, 2));
    assert!(world.ledger.allotments().take_wanting().is_empty(), "nobody asks for any");
}

#[test]
fn each_stage_says_how_many_it_leaves() {
    let mut world = World::new(Strategy::RoundRobin);
    let named_one = world.connector(|spec| "Vendor A".clone_into(&mut spec.name));
    let other = world.connector(|_| ());
    world.exits(other, 3);
    let mut exits = Vec::new();
    for country in ["us", "us", "us", "us", "us", "us", "de"] {
        exits.push(world.exit(named_one, |spec| {
            spec.place.country = country.parse().ok();
            spec.tags.push("fast".into());
        }));
    }
    world.exit_in(named_one, "us");
    world.build();
    world.ledger.set_status(exits[0], Status::Draining);
    world.ledger.quarantine(exits[1], Some(Duration::from_mins(1)), world.now);
    let host = Host::parse("example.com").unwrap();
    let project = world.roster.account("demo").unwrap();
    assert!(project.keep_from((exits[2], &host), (Duration::from_mins(1), 50), world.now));
    let mut turn = world.begin(&format!("exit={}", exits[3])).unwrap();
    turn.failed(Failure::Unreachable, world.now);
    drop(turn);
    let said = world.explain("country=us tag=fast connector=vendora", 1);
    let counts: Vec<_> = said.stages.iter().map(|(_, left)| *left).collect();
    assert_eq!(counts, [11, 8, 8, 7, 6, 5, 4, 3, 3, 2, 2], "{:?}", said.stages);
    assert_eq!(said.stages.len(), Standing::ALL.len());
    let shares: BTreeMap<_, _> = said.connectors.iter().map(|c| (c.connector, c)).collect();
    assert_eq!((shares[&named_one].exits, shares[&named_one].left), (8, 3));
    assert_eq!((shares[&other].exits, shares[&other].left), (3, 0));
}
