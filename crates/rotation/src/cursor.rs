//! Whose turn it is, kept from one picture of the configuration to the next.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;

use crate::table::Map;

/// Cursors that are remembered by name.
const MOST_CURSORS: usize = 512;

/// The position whose turn is next, in something that is gone round.
#[derive(Debug, Default)]
pub(crate) struct Cursor(AtomicUsize);

/// Cursors by name. A picture that replaces another goes on where that one was: were each to begin
/// anew, the first exits would carry most of a pool that changes often.
#[derive(Debug)]
pub(crate) struct Cursors<K>(RwLock<Map<K, Arc<Cursor>>>);

/// The position in something of this length, where behind the last comes the first. A turn mostly
/// follows the one before it, and a division costs as much as a dozen steps of a choice.
pub(crate) fn rounded(position: usize, length: usize) -> usize {
    if position < length { position } else { position % length }
}

// === impl Cursor ===

impl Cursor {
    /// One at the same position.
    pub(crate) fn apart(&self) -> Self {
        Self(AtomicUsize::new(self.0.load(Ordering::Relaxed)))
    }

    /// Takes the next turn among `length`: the first position from the cursor on that `find` likes.
    /// The cursor goes behind it, so that those who cannot take their turns give them to all others
    /// alike; where there is none it stays.
    pub(crate) fn take(
        &self,
        length: usize,
        find: impl Fn(usize) -> Option<usize>,
    ) -> Option<usize> {
        let relaxed = Ordering::Relaxed;
        if length == 0 {
            return None;
        }
        loop {
            let cursor = self.0.load(relaxed);
            let start = rounded(cursor, length);
            // Taken before it is looked at, since mostly it is the one: behind a write that others must
            // see a processor begins nothing, and so would wait for what `find` reads before the exit.
            if self.0.compare_exchange_weak(cursor, start + 1, relaxed, relaxed).is_err() {
                continue;
            }
            let moves = |to| self.0.compare_exchange(start + 1, to, relaxed, relaxed).is_ok();
            match find(start) {
                Some(found) if found == start || moves(found + 1) => return Some(found),
                // Somebody else has moved on, perhaps behind the very one.
                Some(_) => {}
                None => {
                    // Unless somebody else has moved on.
                    let _given_back = moves(start);
                    return None;
                }
            }
        }
    }
}

// === impl Cursors ===

impl<K> Default for Cursors<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Hash + Eq + Clone> Cursors<K> {
    /// The cursor of that name.
    pub(crate) fn get(&self, name: &K) -> Arc<Cursor> {
        if let Some(cursor) = self.0.read().get(name) {
            return Arc::clone(cursor);
        }
        let mut cursors = self.0.write();
        if cursors.len() >= MOST_CURSORS {
            cursors.clear();
        }
        Arc::clone(cursors.entry(name.clone()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_turn_and_who_cannot_take_it_gives_it_away() {
        let cursor = Cursor::default();
        let next = |start: usize| Some(if start % 4 == 1 { start + 1 } else { start });
        let turns: Vec<_> = (0..7).filter_map(|_| cursor.take(4, next)).collect();
        assert_eq!(turns, [0, 2, 3, 0, 2, 3, 0]);
        assert_eq!(cursor.take(0, next), None);
    }

    #[test]
    fn a_turn_that_nobody_can_take_is_not_over() {
        let cursor = Cursor::default();
        let turns: Vec<_> =
            (0..4).map(|_| (cursor.take(4, |_| None), cursor.take(4, Some).unwrap())).collect();
        assert_eq!(turns, [(None, 0), (None, 1), (None, 2), (None, 3)]);
    }

    #[test]
    fn nobody_takes_a_turn_of_somebody_else() {
        const TURNS: usize = 30_000;
        let (cursor, taken) = (Cursor::default(), [const { AtomicUsize::new(0) }; 10]);
        // Two of them give theirs to the one behind them.
        let next = |start: usize| Some(if (3..5).contains(&start) { 5 } else { start });
        let take = || {
            for _ in 0..TURNS / 3 {
                let turn = cursor.take(taken.len(), next).unwrap();
                taken[turn].fetch_add(1, Ordering::Relaxed);
            }
        };
        std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(take))));
        let taken = taken.map(AtomicUsize::into_inner);
        assert_eq!(taken[3..5], [0, 0]);
        assert!([0, 1, 2, 5, 6, 7, 8, 9].iter().all(|at| taken[*at] == TURNS / 8), "{taken:?}");
    }
}
