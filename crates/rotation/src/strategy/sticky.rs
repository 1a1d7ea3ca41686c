//! The same session, the same exit: the nearest one on the ring.
//!
//! A plain ring gives some exits several times the share of others. Here a session looks from
//! several points and takes the exit that lies nearest behind one of them (multi-probe consistent
//! hashing, Appleton and O'Reilly 2015): shares come close to equal, an exit that goes moves only
//! its own sessions, one that comes takes only its share, and a choice costs a few binary searches
//! however large the pool is.

use super::Lane;
use crate::cursor::rounded;
use crate::list::{List, Pool};
use crate::rendezvous;
use crate::roster::Exit;
use crate::sessions::Key;

/// Points from which a session looks.
const PROBES: usize = 11;

pub(super) fn choose(lane: &Lane<'_>, key: Key, wanted: impl Fn(&Exit) -> bool) -> Option<usize> {
    let (_, first) = nearest(lane.pool, lane.list, key)?;
    let find = |start: usize| lane.list.find(lane.pool, (start, lane.grade), &wanted);
    // Where the nearest of all can be chosen, no other has to be looked at.
    if find(first)? == first {
        return Some(first);
    }
    let found = starts(lane.pool, lane.list, key).into_iter().filter_map(|(point, start)| {
        let position = find(start)?;
        Some((distance(lane.pool, lane.list, point, position), position))
    });
    found.min().map(|(_, position)| position)
}

/// The place that the key chooses where every exit of the list can be chosen.
pub(crate) fn home(pool: &Pool, list: &List, key: Key) -> Option<usize> {
    nearest(pool, list, key).map(|(_, position)| list.place(position))
}

/// The exit that lies nearest behind one of the points of the key: how near, and its position.
fn nearest(pool: &Pool, list: &List, key: Key) -> Option<(u32, usize)> {
    if list.len() == 0 {
        return None;
    }
    let starts = starts(pool, list, key).into_iter();
    starts.map(|(point, start)| (distance(pool, list, point, start), start)).min()
}

/// The points of the key, and the first position behind each, of a list that is not empty.
fn starts(pool: &Pool, list: &List, key: Key) -> [(u32, usize); PROBES] {
    let points: [u32; PROBES] =
        std::array::from_fn(|probe| rendezvous::point(key.hash(probe as u64)));
    let positions = list.at_or_behind(pool, points);
    std::array::from_fn(|probe| (points[probe], rounded(positions[probe], list.len())))
}

fn distance(pool: &Pool, list: &List, point: u32, position: usize) -> u32 {
    pool.point(list.place(position)).wrapping_sub(point)
}
