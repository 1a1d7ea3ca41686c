//! The same session, the same exit: the nearest one on the ring.
//!
//! A plain ring gives some exits several times the share of others. Here a session looks from
//! several points and takes the exit that lies nearest behind one of them (multi-probe consistent
//! hashing, Appleton and O'Reilly 2015): shares come close to equal, an exit that goes moves only
//! its own sessions, one that comes takes only its share, and a choice costs a few binary searches
//! however large the pool is.

use super::Lane;
use crate::roster::Exit;
use crate::sessions::Key;

/// Points from which a session looks.
const PROBES: u64 = 11;

pub(super) fn choose(lane: &Lane<'_>, key: Key, wanted: impl Fn(&Exit) -> bool) -> Option<usize> {
    let nearest = (0..PROBES).filter_map(|probe| {
        let point = key.hash(probe);
        let start = lane.list.at_or_behind(lane.pool, point);
        let position = lane.list.find(lane.pool, (start, lane.grade), &wanted)?;
        let distance = lane.pool.point(lane.list.place(position)).wrapping_sub(point);
        Some((distance, position))
    });
    nearest.min().map(|(_, position)| position)
}
