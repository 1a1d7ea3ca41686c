//! The same session, the same exit: the nearest one on the ring.
//!
//! A plain ring gives some exits several times the share of others. Here a session looks from
//! several points and takes the exit that lies nearest behind one of them (multi-probe consistent
//! hashing, Appleton and O'Reilly 2015): shares come close to equal, an exit that goes moves only
//! its own sessions, one that comes takes only its share, and a choice costs a few binary searches
//! however large the pool is.

use super::Lane;
use crate::list::{List, Pool};
use crate::roster::Exit;
use crate::sessions::Key;

/// Points from which a session looks.
const PROBES: u64 = 11;

pub(super) fn choose(lane: &Lane<'_>, key: Key, wanted: impl Fn(&Exit) -> bool) -> Option<usize> {
    let length = lane.list.len();
    if length == 0 {
        return None;
    }
    let mut nearest: Option<(u64, usize)> = None;
    for probe in 0..PROBES {
        let point = key.hash(probe);
        let distance =
            |position: usize| lane.pool.point(lane.list.place(position)).wrapping_sub(point);
        let start = lane.list.at_or_behind(lane.pool, point) % length;
        // Whether the exit can be chosen is only asked where it would be nearer than the others.
        if nearest.is_some_and(|(least, _)| distance(start) >= least) {
            continue;
        }
        let position = lane.list.find(lane.pool, (start, lane.grade), &wanted)?;
        let found = (distance(position), position);
        nearest = Some(nearest.map_or(found, |nearest| nearest.min(found)));
    }
    nearest.map(|(_, position)| position)
}

/// The place that the key chooses where every exit of the list can be chosen.
pub(crate) fn home(pool: &Pool, list: &List, key: Key) -> Option<usize> {
    let length = list.len();
    let nearest = (0..PROBES).filter(|_| length > 0).map(|probe| {
        let point = key.hash(probe);
        let position = list.at_or_behind(pool, point) % length;
        (pool.point(list.place(position)).wrapping_sub(point), position)
    });
    nearest.min().map(|(_, position)| list.place(position))
}
