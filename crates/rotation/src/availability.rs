//! Which exits of a connector can be chosen now, as bits that can be searched quickly.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::outlet::Outlet;
use crate::roster::Exit;

/// How good an exit is at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// Healthy, never tried, or due for a trial.
    Up,
    /// Has failed lately: chosen only when no other is up.
    Degraded,
    /// Not to be chosen until its time has come.
    Resting {
        /// In milliseconds; `u64::MAX`: until somebody says otherwise.
        until: u64,
    },
}

/// A bit for each exit; those of most pools stand here, and a choice waits for one memory less.
type Bits = SmallVec<[AtomicU64; 3]>;

/// The exits of a pool, in their places.
type Exits = Weak<[Arc<Exit>]>;

/// Two bits for each exit of a connector, by its place in it. In this order, because what a choice
/// reads comes first.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Availability {
    /// When the first of the resting ones is due; nothing needs to be looked at before.
    next_due: AtomicU64,
    up: Bits,
    degraded: Bits,
    resting: Mutex<BinaryHeap<Reverse<(u64, u32)>>>,
    /// Where rests of these exits are told, if they matter to peers.
    told: Option<Box<(Arc<Outlet>, Exits)>>,
}

impl Availability {
    /// For so many exits, none of which can be chosen yet.
    pub(crate) fn new(exits: usize) -> Self {
        let words = || (0..exits.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Self {
            up: words(),
            degraded: words(),
            next_due: AtomicU64::new(u64::MAX),
            resting: Mutex::new(BinaryHeap::new()),
            told: None,
        }
    }

    /// Tells the rests of these exits, which stand at the places of this.
    pub(crate) fn tell_rests(&mut self, outlet: Arc<Outlet>, exits: Exits) {
        self.told = Some(Box::new((outlet, exits)));
    }

    /// Whether it does, and so belongs to these exits alone.
    pub(crate) fn tells_rests(&self) -> bool {
        self.told.is_some()
    }

    /// The exit at `place` rests for a reason of its own; may be said more than once.
    pub(crate) fn rested(&self, place: u32, until: u64) {
        let Some((outlet, exits)) = self.told.as_deref().filter(|(outlet, _)| outlet.is_open())
        else {
            return;
        };
        if let Some(exit) = exits.upgrade().as_ref().and_then(|exits| exits.get(place as usize)) {
            outlet.tell(exit.id, until);
        }
    }

    /// Grades the exit at `place`.
    pub(crate) fn grade(&self, place: u32, grade: Grade) {
        set(&self.up, place, grade == Grade::Up);
        set(&self.degraded, place, grade == Grade::Degraded);
        if let Grade::Resting { until } = grade
            && until != u64::MAX
        {
            self.plan(place, until);
        }
    }

    /// Remembers to look at the exit at `place` again at `until`.
    pub(crate) fn plan(&self, place: u32, until: u64) {
        let mut resting = self.resting.lock();
        resting.push(Reverse((until, place)));
        self.next_due.fetch_min(until, Ordering::Relaxed);
    }

    /// The exits whose time has come; they are still graded as they were.
    pub(crate) fn due(&self, now: u64) -> Vec<u32> {
        if self.next_due.load(Ordering::Relaxed) > now {
            return Vec::new();
        }
        let mut resting = self.resting.lock();
        let mut due = Vec::new();
        while let Some(Reverse((until, place))) = resting.peek().copied() {
            if until > now {
                break;
            }
            resting.pop();
            due.push(place);
        }
        let next = resting.peek().map_or(u64::MAX, |Reverse((until, _))| *until);
        self.next_due.store(next, Ordering::Relaxed);
        due
    }

    /// Whether the exit at `place` can be chosen.
    pub(crate) fn has(&self, place: usize) -> bool {
        u32::try_from(place).is_ok_and(|at| self.is(at, Grade::Up) || self.is(at, Grade::Degraded))
    }

    /// Whether the exit at `place` has this grade.
    pub(crate) fn is(&self, place: u32, grade: Grade) -> bool {
        let words = self.words(grade);
        words
            .get(place as usize / 64)
            .is_some_and(|word| word.load(Ordering::Relaxed) & (1 << (place % 64)) != 0)
    }

    /// The first place from `start` on, going round, that has this grade.
    pub(crate) fn next(&self, start: usize, grade: Grade) -> Option<usize> {
        // Mostly it is the very one: a processor that guesses so looks for the exit while the bit is
        // on its way.
        if u32::try_from(start).is_ok_and(|start| self.is(start, grade)) {
            return Some(start);
        }
        let words = self.words(grade);
        if words.is_empty() {
            return None;
        }
        let first = (start / 64) % words.len();
        let behind = words[first].load(Ordering::Relaxed) & (u64::MAX << (start % 64));
        if behind != 0 {
            return Some(first * 64 + behind.trailing_zeros() as usize);
        }
        (1..=words.len()).find_map(|step| {
            let at = (first + step) % words.len();
            let word = words[at].load(Ordering::Relaxed);
            (word != 0).then(|| at * 64 + word.trailing_zeros() as usize)
        })
    }

    fn words(&self, grade: Grade) -> &[AtomicU64] {
        match grade {
            Grade::Up => &self.up,
            Grade::Degraded => &self.degraded,
            Grade::Resting { .. } => &[],
        }
    }
}

fn set(words: &[AtomicU64], place: u32, to: bool) {
    let Some(word) = words.get(place as usize / 64) else { return };
    let bit = 1 << (place % 64);
    if to {
        word.fetch_or(bit, Ordering::Relaxed);
    } else {
        word.fetch_and(!bit, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_is_found_going_round() {
        let bits = Availability::new(200);
        assert_eq!(bits.next(0, Grade::Up), None);
        for place in [3, 64, 199] {
            bits.grade(place, Grade::Up);
        }
        let found = [0, 3, 4, 64, 65, 199].map(|start| bits.next(start, Grade::Up).unwrap());
        assert_eq!(found, [3, 3, 64, 64, 199, 199]);
        bits.grade(199, Grade::Degraded);
        assert_eq!(bits.next(65, Grade::Up), Some(3));
        assert_eq!(bits.next(0, Grade::Degraded), Some(199));
    }

    #[test]
    fn a_resting_one_is_due_when_its_time_has_come() {
        let bits = Availability::new(2);
        bits.grade(1, Grade::Resting { until: 50 });
        assert!(bits.due(49).is_empty());
        assert_eq!(bits.due(50), [1]);
        assert!(bits.due(51).is_empty());
    }
}
