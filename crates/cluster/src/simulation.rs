//! Thousands of clusters in which everything goes wrong, each the same again for the same seed.
//!
//! What decides is the real thing ([`Candidacy`](crate::lease::Candidacy),
//! [`Roll`](crate::members::Roll), how notices are read); Redis, the database, the network and time
//! are models. `SEED=n cargo test -p cluster simulation` replays one world and says what happened.

mod chance;
mod redis;
mod database;
mod node;
mod world;

use std::time::Duration;

use world::{Rules, World};

use crate::settings::Timing;

/// Worlds in one test.
const SEEDS: u64 = 5_000;

/// One seed, or so many from 0 on.
fn seeds(many: u64) -> std::ops::Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "a person who replays a seed says so in no file")]
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    seed.map_or(0..many, |seed| seed..seed + 1)
}

/// The first world in which something is wrong, and what.
fn first_wrong(rules: Rules, many: u64) -> Option<(u64, String)> {
    let shows = seeds(2).count() == 1;
    seeds(many).find_map(|seed| {
        let wrong = World::new(seed, rules, shows).run().err()?;
        Some((seed, wrong))
    })
}

fn nothing_is_wrong(rules: Rules) {
    if let Some((seed, wrong)) = first_wrong(rules, SEEDS) {
        panic!("SEED={seed}: {wrong}");
    }
}

#[test]
fn whatever_happens_nothing_is_wrong() {
    nothing_is_wrong(Rules::default());
}

/// Then two may believe that they hold the lease, and the database decides.
#[test]
fn whatever_redis_forgets_nothing_is_wrong() {
    nothing_is_wrong(Rules { forgets: true, ..Rules::default() });
}

/// What the checks above are worth: without the fence they find a holder that was overtaken.
#[test]
fn a_database_that_checks_no_epoch_is_found_out() {
    let rules = Rules { fences: false, forgets: true, ..Rules::default() };
    let (_, wrong) = first_wrong(rules, SEEDS).expect("a paused holder writes");
    assert!(wrong.contains("after epoch"), "{wrong}");
}

/// Holders that go by anything but their own clock hold what is another's.
#[test]
fn holders_that_do_not_step_down_are_found_out() {
    let step_down = Duration::from_hours(1);
    let timing = Timing { lease_step_down: step_down, ..Timing::default() };
    let (_, wrong) = first_wrong(Rules { timing, ..Rules::default() }, SEEDS).expect("two holders");
    assert!(wrong.contains("both hold"), "{wrong}");
}

/// A holder that counts from the answer instead of the question believes for too long.
#[test]
fn holders_that_count_from_the_answer_are_found_out() {
    let timing = Timing { lease_step_down: Duration::from_secs(5), ..Timing::default() };
    let rules = Rules { timing, counts_from_answer: true, ..Rules::default() };
    let (_, wrong) = first_wrong(rules, SEEDS).expect("two holders");
    assert!(wrong.contains("both hold"), "{wrong}");
}
