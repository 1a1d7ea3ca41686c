//! Chance weighted by recent success and latency.

use rand::{Rng, RngExt};

use super::{Lane, sample};
use crate::roster::Exit;

pub(super) fn choose(
    lane: &Lane<'_>,
    random: &mut impl Rng,
    wanted: impl Fn(&Exit) -> bool,
) -> Option<usize> {
    let found = sample(lane, random, wanted);
    let merit = |position: usize| lane.pool.exits[lane.list.place(position)].state.merit();
    let total: f32 = found.iter().map(|position| merit(*position)).sum();
    let mut left = random.random::<f32>() * total;
    for position in &found {
        left -= merit(*position);
        if left <= 0.0 {
            return Some(*position);
        }
    }
    found.last().copied()
}
