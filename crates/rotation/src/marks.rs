//! Exits that somebody does not want, for a while: a host that bans them, or a session that is to
//! have another one.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use compact_str::CompactString;
use model::{Host, ProjectId, ProxyId};
use parking_lot::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::moment::{length, millis};
use crate::table::Map;

/// The longest time for which an exit is kept away, however often it was banned.
const LONGEST: Duration = Duration::from_hours(24);
/// Marks of one project.
const MOST: usize = 200_000;

/// Somebody does not want an exit, as peers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// In which project.
    pub project: ProjectId,
    /// Who does not.
    pub by: MarkedBy,
    /// Which exit.
    pub exit: ProxyId,
    /// How often in a row it had not been wanted before.
    pub times: u8,
    /// Per cent of the project's exits that may be kept away from the same at a time.
    pub max_share: u8,
    /// In milliseconds of this process.
    pub(crate) until: u64,
}

/// Who does not want an exit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MarkedBy {
    /// A host that bans it.
    Host(Host),
    /// A session that is to have another one.
    Session(CompactString),
}

/// What may not want an exit, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Unwilling(u64);

/// The marks of a project.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    count: AtomicUsize,
    table: Mutex<Map<Unwilling, Map<ProxyId, Mark>>>,
    hasher: std::hash::RandomState,
}

/// Until when, in milliseconds, and how often in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) until: u64,
    pub(crate) times: u8,
}

/// What came of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is news.
    New(Mark),
    /// It was there.
    Same,
    /// Too many others are kept away.
    Refused,
}

impl Marked {
    /// A mark that a peer tells of, and that is over in `left`.
    #[must_use]
    pub fn heard(
        (project, by, exit): (ProjectId, MarkedBy, ProxyId),
        (times, max_share): (u8, u8),
        left: Duration,
        now: Instant,
    ) -> Self {
        Self { project, by, exit, times, max_share, until: millis(now + left.min(LONGEST)) }
    }

    /// How much longer the exit is kept away; `None`: no longer.
    #[must_use]
    pub fn left(&self, now: Instant) -> Option<Duration> {
        let left = self.until.saturating_sub(millis(now));
        (left > 0).then(|| Duration::from_millis(left))
    }
}

/// The marks of some who may be unwilling, while they are looked at.
pub(crate) struct Looked<'a> {
    table: MutexGuard<'a, Map<Unwilling, Map<ProxyId, Mark>>>,
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

    pub(crate) fn by(&self, by: &MarkedBy) -> Unwilling {
        match by {
            MarkedBy::Host(host) => self.host(host),
            MarkedBy::Session(session) => self.session(session),
        }
    }

    /// The marks by these two; `None` when there is none at all.
    pub(crate) fn look(&self, by: [Option<Unwilling>; 2], now: u64) -> Option<Looked<'_>> {
        (!self.is_empty()).then(|| Looked { table: self.table.lock(), by, now })
    }

    /// Keeps the exit away for `base`, and twice as long each time that follows within as long again
    /// as it was kept away. Not when more than `most` others are kept away already.
    pub(crate) fn add(
        &self,
        (by, exit): (Unwilling, ProxyId),
        (base, most): (Duration, usize),
        now: u64,
    ) -> Added {
        let is_again = |mark: &Mark| now < mark.until + length(rest(base, mark.times));
        self.change((by, exit), most, now, |before| match before {
            // What was under way when it was marked is the same ban.
            Some(mark) if mark.until > now => None,
            before => {
                let again = before.filter(|mark| is_again(mark));
                let times = again.map_or(0, |mark| mark.times.saturating_add(1));
                Some(Mark { until: now + length(rest(base, times)), times })
            }
        })
    }

    /// Keeps the exit away as a peer does, unless it is kept away for longer here.
    pub(crate) fn learn(
        &self,
        (by, exit): (Unwilling, ProxyId),
        (mark, most): (Mark, usize),
        now: u64,
    ) -> Added {
        self.change((by, exit), most, now, |before| {
            let is_news = mark.until > now && before.is_none_or(|known| known.until < mark.until);
            is_news.then_some(mark)
        })
    }

    /// Puts in the place of a mark what is made of it.
    fn change(
        &self,
        (by, exit): (Unwilling, ProxyId),
        most: usize,
        now: u64,
        make: impl FnOnce(Option<Mark>) -> Option<Mark>,
    ) -> Added {
        let mut table = self.table.lock();
        if self.count.load(Ordering::Relaxed) >= MOST {
            self.forget(&mut table, now);
        }
        let marks = table.entry(by).or_default();
        let others = marks.iter().filter(|(id, mark)| **id != exit && mark.until > now).count();
        if others >= most || self.count.load(Ordering::Relaxed) >= MOST {
            return Added::Refused;
        }
        let Some(mark) = make(marks.get(&exit).copied()) else { return Added::Same };
        if marks.insert(exit, mark).is_none() {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        Added::New(mark)
    }

    /// Removes what is over.
    fn forget(&self, table: &mut Map<Unwilling, Map<ProxyId, Mark>>, now: u64) {
        table.retain(|_, marks| {
            marks.retain(|_, mark| mark.until > now);
            !marks.is_empty()
        });
        let left = table.values().map(Map::len).sum();
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
        let new = |until, times| Added::New(Mark { until, times });
        assert_eq!(marks.add((by, one), (base, 1), 1000), new(11_000, 0));
        assert_eq!((until(&host, 1000, one), until(&other, 1000, one)), (Some(11_000), None));
        assert_eq!(marks.add((by, two), (base, 1), 1000), Added::Refused, "one of them is enough");
        assert_eq!(marks.add((by, one), (base, 1), 2000), Added::Same);
        assert_eq!(until(&host, 2000, one), Some(11_000));
        assert_eq!(until(&host, 11_000, one), None);
        assert_eq!(marks.add((by, one), (base, 1), 12_000), new(32_000, 1));
        assert_eq!(until(&host, 12_000, one), Some(32_000));
        let anew = marks.add((by, one), (base, 1), 100_000);
        assert_eq!(anew, new(110_000, 0), "long ago: from the beginning");
        assert_eq!(until(&host, 100_000, one), Some(110_000));
    }
    #[test]
    fn what_a_peer_tells_lengthens_a_mark_and_takes_no_more_than_its_share() {
        let marks = Marks::default();
        let by = marks.by(&MarkedBy::Host(Host::parse("a.test").unwrap()));
        let (one, two) = (ProxyId::new(), ProxyId::new());
        let mark = |until| Mark { until, times: 1 };
        assert_eq!(marks.learn((by, one), (mark(20_000), 1), 1000), Added::New(mark(20_000)));
        assert_eq!(marks.learn((by, one), (mark(15_000), 1), 1000), Added::Same);
        assert_eq!(marks.learn((by, one), (mark(30_000), 1), 1000), Added::New(mark(30_000)));
        assert_eq!(marks.learn((by, two), (mark(20_000), 1), 1000), Added::Refused);
        assert_eq!(marks.learn((by, two), (mark(20_000), 2), 20_000), Added::Same, "it is over");
        // What follows is as long as if it had been this node's.
        let again = marks.add((by, one), (Duration::from_secs(10), 1), 30_000);
        assert_eq!(again, Added::New(Mark { until: 70_000, times: 2 }));
    }
}
