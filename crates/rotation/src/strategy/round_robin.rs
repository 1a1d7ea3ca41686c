//! Turns: each exit once, then each once more.

use super::Lane;
use crate::roster::Exit;

pub(super) fn choose(lane: &Lane<'_>, wanted: impl Fn(&Exit) -> bool) -> Option<usize> {
    let find = |start: usize| lane.list.find(lane.pool, (start, lane.grade), &wanted);
    lane.cursor.take(lane.list.len(), find)
}
