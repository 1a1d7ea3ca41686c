//! Fewest requests in flight now.

use rand::Rng;

use super::{Lane, sample};
use crate::roster::Exit;

pub(super) fn choose(
    lane: &Lane<'_>,
    random: &mut impl Rng,
    wanted: impl Fn(&Exit) -> bool,
) -> Option<usize> {
    let used = |position: &usize| lane.pool.exits[lane.list.place(*position)].state.in_flight();
    sample(lane, random, wanted).into_iter().min_by_key(used)
}
