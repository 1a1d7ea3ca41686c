//! The strategies by name: which of a connector's exits, given those that can be chosen.

use model::policy::Strategy;
use rand::Rng;
use rand::RngExt;

use crate::availability::Grade;
use crate::cursor::Cursor;
use crate::list::{List, Pool};
use crate::roster::Exit;
use crate::sessions::Key;

mod round_robin;
mod least_used;
mod random;
mod sticky;
mod health_based;

/// Exits compared at the most, where the best of all would have to be found: of larger pools a
/// sample is compared, which is nearly as good (Mitzenmacher, "The power of two choices").
const MOST_COMPARED: usize = 64;
/// Exits in the sample.
const SAMPLE: usize = 8;

/// One lane of exits to choose from.
pub(crate) struct Lane<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) list: &'a List,
    pub(crate) cursor: &'a Cursor,
    pub(crate) grade: Grade,
}

pub(crate) use sticky::home;

/// Chooses a place in the pool; `None` when no exit of this grade is left that `wanted` does not
/// refuse. A request that belongs to a session goes where its key says, whatever the strategy.
pub(crate) fn choose(
    strategy: Strategy,
    lane: &Lane<'_>,
    key: Option<Key>,
    random: &mut impl Rng,
    wanted: impl Fn(&Exit) -> bool,
) -> Option<usize> {
    let position = match (key, strategy) {
        (Some(key), _) => sticky::choose(lane, key, wanted),
        (None, Strategy::RoundRobin) => round_robin::choose(lane, wanted),
        (None, Strategy::LeastUsed) => least_used::choose(lane, random, wanted),
        (None, Strategy::HealthBased) => health_based::choose(lane, random, wanted),
        (None, Strategy::Random | Strategy::Sticky) => random::choose(lane, random, wanted),
    };
    position.map(|position| lane.list.place(position))
}

/// Positions to compare: all of a small list, a sample of a large one.
fn sample(
    lane: &Lane<'_>,
    random: &mut impl Rng,
    wanted: impl Fn(&Exit) -> bool,
) -> smallvec::SmallVec<[usize; MOST_COMPARED]> {
    let length = lane.list.len();
    if length == 0 {
        return smallvec::SmallVec::new();
    }
    let is_small = length <= MOST_COMPARED;
    let first = random.random_range(0..length);
    let starts = (0..if is_small { length } else { SAMPLE }).map(|step| {
        if is_small { (first + step) % length } else { random.random_range(0..length) }
    });
    let starts: smallvec::SmallVec<[usize; MOST_COMPARED]> = starts.collect();
    let mut found: smallvec::SmallVec<[usize; MOST_COMPARED]> = starts
        .into_iter()
        .filter_map(|start| lane.list.find(lane.pool, (start, lane.grade), &wanted))
        .collect();
    if is_small {
        found.sort_unstable();
        found.dedup();
        // The order is that of a wheel that was turned at random, so that ties are broken fairly.
        let turn = found.partition_point(|position| *position < first);
        found.rotate_left(turn);
    }
    found
}
