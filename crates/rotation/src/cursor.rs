//! Whose turn it is, kept from one picture of the configuration to the next.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::ConnectorId;
use parking_lot::RwLock;

use crate::table::Map;

/// Kinds of requests whose turns are remembered.
const MOST_KINDS: usize = 512;

/// The position whose turn is next, in something that is gone round.
#[derive(Debug, Default)]
pub(crate) struct Cursor(AtomicUsize);

/// What a cursor goes round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// The lanes of this priority.
    Tier(u8),
    /// The exits of this connector.
    Lane(ConnectorId),
}

/// The cursors of the tiers and of the lanes, for one kind of request. They stand side by side: as soon
/// as the lane is known so is where its cursor stands, which has come along with that of the tier.
#[derive(Debug, Clone)]
pub(crate) struct Turns {
    cursors: Arc<[Cursor]>,
    /// Whose each is: first those of the tiers, in order, then those of the lanes.
    owners: Arc<[Owner]>,
    tiers: usize,
}

/// The turns of each kind of request. A picture that replaces another goes on where that one was: were
/// each to begin anew, the first exits would carry most of a pool that changes often.
#[derive(Debug)]
pub(crate) struct AllTurns<K>(RwLock<Map<K, Turns>>);

/// The position in something of this length, where behind the last comes the first. A turn mostly
/// follows the one before it, and a division costs as much as a dozen steps of a choice.
pub(crate) fn rounded(position: usize, length: usize) -> usize {
    if position < length { position } else { position % length }
}

// === impl Cursor ===

impl Cursor {
    /// One at the same position.
    fn apart(&self) -> Self {
        Self(AtomicUsize::new(self.0.load(Ordering::Relaxed)))
    }

    /// The position among `length` whose turn is next.
    pub(crate) fn next(&self, length: usize) -> Option<usize> {
        (length > 0).then(|| rounded(self.0.load(Ordering::Relaxed), length))
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
            let found = find(rounded(cursor, length))?;
            // Else somebody else has taken a turn, perhaps this one.
            if self.0.compare_exchange_weak(cursor, found + 1, relaxed, relaxed).is_ok() {
                return Some(found);
            }
        }
    }
}

// === impl Turns ===

impl Turns {
    pub(crate) fn of_tier(&self, tier: usize) -> &Cursor {
        &self.cursors[tier]
    }

    pub(crate) fn of_lane(&self, lane: usize) -> &Cursor {
        &self.cursors[self.tiers + lane]
    }

    /// The same turns, to be taken apart: that changes nobody else's.
    pub(crate) fn apart(&self) -> Self {
        let cursors = self.cursors.iter().map(Cursor::apart).collect();
        Self { cursors, owners: Arc::clone(&self.owners), tiers: self.tiers }
    }

    /// The turns of these, who go on where they were in `old` if they were there.
    fn new(owners: &Arc<[Owner]>, old: Option<&Self>) -> Self {
        let old = old.into_iter().flat_map(|old| old.owners.iter().zip(old.cursors.iter()));
        let old: Map<&Owner, &Cursor> = old.collect();
        let cursor = |owner| old.get(owner).map(|cursor| cursor.apart()).unwrap_or_default();
        let is_tier = |owner: &&Owner| matches!(owner, Owner::Tier(_));
        Self {
            cursors: owners.iter().map(cursor).collect(),
            owners: Arc::clone(owners),
            tiers: owners.iter().take_while(is_tier).count(),
        }
    }
}

// === impl AllTurns ===

impl<K> Default for AllTurns<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Hash + Eq + Clone> AllTurns<K> {
    /// The turns of these, first the tiers and then the lanes, for that kind of request.
    pub(crate) fn get(&self, kind: &K, owners: &Arc<[Owner]>) -> Turns {
        if let Some(turns) = self.0.read().get(kind)
            && turns.owners == *owners
        {
            return turns.clone();
        }
        let mut kinds = self.0.write();
        let turns = Turns::new(owners, kinds.get(kind));
        if kinds.len() >= MOST_KINDS {
            kinds.clear();
        }
        kinds.insert(kind.clone(), turns.clone());
        turns
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
    fn turns_stay_with_their_owners_when_others_come_and_go() {
        let lanes: Vec<_> = (0..3).map(|_| Owner::Lane(ConnectorId::new())).collect();
        let all = AllTurns::default();
        let turns = all.get(&"any", &[Owner::Tier(1), lanes[0], lanes[1]].into());
        assert_eq!((0..5).filter_map(|_| turns.of_lane(1).take(9, Some)).max(), Some(4));
        assert_eq!((0..2).filter_map(|_| turns.of_tier(0).take(9, Some)).max(), Some(1));
        let owners = [Owner::Tier(0), Owner::Tier(1), lanes[2], lanes[1]].into();
        let (changed, other) = (all.get(&"any", &owners), all.get(&"other", &owners));
        let next = |turns: &Turns| {
            let (tiers, lanes) = ([0, 1].map(|tier| turns.of_tier(tier)), [0, 1]);
            (tiers.map(|cursor| cursor.next(9)), lanes.map(|lane| turns.of_lane(lane).next(9)))
        };
        assert_eq!(next(&changed), ([Some(0), Some(2)], [Some(0), Some(5)]));
        assert_eq!(next(&other), ([Some(0); 2], [Some(0); 2]));
        // The same ones, as long as nobody comes or goes.
        changed.of_lane(1).take(9, Some);
        assert_eq!(all.get(&"any", &owners).of_lane(1).next(9), Some(6));
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
