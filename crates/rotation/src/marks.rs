//! Exits that somebody does not want, for a while: a host that bans them, or a session that is to
//! have another one.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use model::{Host, ProxyId};
use parking_lot::{Mutex, MutexGuard};

use crate::moment::length;

/// The longest time for which an exit is kept away, however often it was banned.
const LONGEST: Duration = Duration::from_hours(24);
/// Marks of one project.
const MOST: usize = 200_000;

/// What may not want an exit, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Unwilling(u64);

/// The marks of a project.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    count: AtomicUsize,
    table: Mutex<HashMap<Unwilling, HashMap<ProxyId, Mark>>>,
    hasher: std::hash::RandomState,
}

/// Until when, in milliseconds, and how often in a row.
#[derive(Debug, Clone, Copy)]
struct Mark {
    until: u64,
    times: u8,
}

/// The marks of some who may be unwilling, while they are looked at.
pub(crate) struct Looked<'a> {
    table: MutexGuard<'a, HashMap<Unwilling, HashMap<ProxyId, Mark>>>,
    by: [Option<Unwilling>; 2],
    now: u64,
}

impl Marks {
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn host(&self, host: &Host) -> Unwilling {
        Unwilling(self.hasher.hash_one(host))
    }

    pub(crate) fn session(&self, session: &str) -> Unwilling {
        Unwilling(self.hasher.hash_one(("session", session)))
    }

    /// The marks by these two; `None` when there is none at all.
    pub(crate) fn look(&self, by: [Option<Unwilling>; 2], now: u64) -> Option<Looked<'_>> {
        (!self.is_empty()).then(|| Looked { table: self.table.lock(), by, now })
    }

    /// Keeps the exit away for `base`, and twice as long each time that follows within as long again
    /// as it was kept away. Not when more than `most` others are kept away already: false then.
    pub(crate) fn add(
        &self,
        (by, exit): (Unwilling, ProxyId),
        (base, most): (Duration, usize),
        now: u64,
    ) -> bool {
        let mut table = self.table.lock();
        if self.count.load(Ordering::Relaxed) >= MOST {
            self.forget(&mut table, now);
        }
        let marks = table.entry(by).or_default();
        let others = marks.iter().filter(|(id, mark)| **id != exit && mark.until > now).count();
        if others >= most || self.count.load(Ordering::Relaxed) >= MOST {
            return false;
        }
        let before = marks.get(&exit).copied();
        let is_again = |mark: &Mark| now < mark.until + length(rest(base, mark.times));
        let times = match before {
            // What was under way when it was marked is the same ban.
            Some(mark) if mark.until > now => return true,
            Some(mark) if is_again(&mark) => mark.times.saturating_add(1),
            _ => 0,
        };
        let until = now + length(rest(base, times));
        if marks.insert(exit, Mark { until, times }).is_none() {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    /// Removes what is over.
    fn forget(&self, table: &mut HashMap<Unwilling, HashMap<ProxyId, Mark>>, now: u64) {
        table.retain(|_, marks| {
            marks.retain(|_, mark| mark.until > now);
            !marks.is_empty()
        });
        let left = table.values().map(HashMap::len).sum();
        self.count.store(left, Ordering::Relaxed);
    }
}

fn rest(base: Duration, times: u8) -> Duration {
    base.saturating_mul(1 << times.min(20)).min(LONGEST)
}

impl Looked<'_> {
    /// Until when the exit is kept away.
    pub(crate) fn until(&self, exit: ProxyId) -> Option<u64> {
        let marks = self.by.iter().flatten().filter_map(|by| self.table.get(by)?.get(&exit));
        marks.map(|mark| mark.until).filter(|until| *until > self.now).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_lasts_longer_each_time_and_has_its_share() {
        let marks = Marks::default();
        let (host, other) = (Host::parse("a.test").unwrap(), Host::parse("b.test").unwrap());
        let by = marks.host(&host);
        let (one, two) = (ProxyId::new(), ProxyId::new());
        let base = Duration::from_secs(10);
        let until = |host: &Host, now, exit| {
            marks.look([Some(marks.host(host)), None], now).and_then(|looked| looked.until(exit))
        };
        assert_eq!(until(&host, 1, one), None);
        assert!(marks.add((by, one), (base, 1), 1000));
        assert_eq!((until(&host, 1000, one), until(&other, 1000, one)), (Some(11_000), None));
        assert!(!marks.add((by, two), (base, 1), 1000), "one of them is enough");
        assert!(marks.add((by, one), (base, 1), 2000), "the same ban");
        assert_eq!(until(&host, 2000, one), Some(11_000));
        assert_eq!(until(&host, 11_000, one), None);
        assert!(marks.add((by, one), (base, 1), 12_000));
        assert_eq!(until(&host, 12_000, one), Some(32_000));
        assert!(marks.add((by, one), (base, 1), 100_000), "long ago: from the beginning");
        assert_eq!(until(&host, 100_000, one), Some(110_000));
    }
}
