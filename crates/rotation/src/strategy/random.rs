//! Chance, the same for each exit.

use rand::{Rng, RngExt};

use super::Lane;
use crate::roster::Exit;

/// Throws of the die before the next free exit is taken: where many are down, that one would
/// otherwise be chosen for all of them.
const THROWS: usize = 16;

pub(super) fn choose(
    lane: &Lane<'_>,
    random: &mut impl Rng,
    wanted: impl Fn(&Exit) -> bool,
) -> Option<usize> {
    let length = lane.list.len();
    if length == 0 {
        return None;
    }
    let mut start = 0;
    for _ in 0..THROWS {
        start = random.random_range(0..length);
        let place = lane.list.place(start);
        let is_free = lane.pool.availability.is(u32::try_from(place).ok()?, lane.grade);
        if is_free && wanted(&lane.pool.exits[place]) {
            return Some(start);
        }
    }
    lane.list.find(lane.pool, (start, lane.grade), wanted)
}
