//! Exits that rest: seen here, or by peers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use cluster::Rest;
use model::ProxyId;
use rotation::{Ledger, Rested};
use tokio::time::Instant;

/// Two ends of a rest that lie no further apart are the same: one was read from Redis.
const SAME: Duration = Duration::from_secs(1);
/// Between two looks for rests that are over.
const LOOK: Duration = Duration::from_secs(10);
/// Peers that lost Redis with this node listen again by then. Rests they read then; ends they have to
/// be told once more.
const SETTLED: Duration = Duration::from_secs(5);
/// Rests that are remembered.
const MOST: usize = 200_000;

pub(super) struct Rests {
    ledger: Arc<Ledger>,
    known: HashMap<ProxyId, Known>,
    /// Those of our own that peers do not know yet.
    unsaid: HashSet<ProxyId>,
    /// Ends that were said when peers may not have listened, and when to say them again.
    unheard: HashSet<ProxyId>,
    settled_at: Instant,
    looked: Instant,
}

struct Known {
    rest: Rested,
    is_ours: bool,
    /// Where the exit is in no roster yet: when the rest ends.
    waits_until: Option<Instant>,
}

// === impl Rests ===

impl Rests {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        let (known, unsaid, unheard) = (HashMap::new(), HashSet::new(), HashSet::new());
        let now = Instant::now();
        Self { ledger, known, unsaid, unheard, settled_at: now, looked: now }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// An exit of this node went to rest. What peers said comes back like this, and is no news.
    pub(super) fn saw(&mut self, rest: Rested) {
        let known = self.known.get(&rest.proxy);
        if known.is_some_and(|known| known.rest == rest) || self.known.len() >= MOST {
            return;
        }
        self.known.insert(rest.proxy, Known { rest, is_ours: true, waits_until: None });
        self.unsaid.insert(rest.proxy);
    }

    /// What peers say; how much of it is news.
    pub(super) fn hear(&mut self, rests: &[Rest], now: Instant) -> usize {
        rests.iter().filter(|rest| self.hear_one(rest, now)).count()
    }

    fn hear_one(&mut self, Rest { proxy, rest }: &Rest, now: Instant) -> bool {
        let known = self.known.get(proxy);
        let left = known.map(|known| known.left(now));
        let is_same = match (left.flatten(), rest) {
            (Some(left), Some(rest)) => left.abs_diff(*rest) < SAME,
            (None, None) => true,
            _ => false,
        };
        // What this node is about to say is newer than what Redis knows.
        if is_same || self.unsaid.contains(proxy) {
            return false;
        }
        self.obey(*proxy, *rest, now);
        true
    }

    fn obey(&mut self, proxy: ProxyId, rest: Option<Duration>, now: Instant) {
        let obeyed = self.ledger.obey(proxy, rest, now);
        let Some(rest) = rest.filter(|_| self.known.len() < MOST) else {
            self.known.remove(&proxy);
            return;
        };
        let waits_until = obeyed.is_none().then(|| now + rest);
        let rest = obeyed.unwrap_or_else(|| Rested::over(proxy));
        self.known.insert(proxy, Known { rest, is_ours: false, waits_until });
    }

    /// There may be exits now that peers let rest before.
    pub(super) fn roster_changed(&mut self, now: Instant) {
        let waiting = |(proxy, known): (&ProxyId, &Known)| Some((*proxy, known.waits_until?));
        let waiting: Vec<_> = self.known.iter().filter_map(waiting).collect();
        for (proxy, until) in waiting.into_iter().filter(|(_, until)| *until > now) {
            self.obey(proxy, Some(until - now), now);
        }
    }

    /// Whatever still rests and was ours.
    pub(super) fn tell_again(&mut self, now: Instant) {
        let ours = |known: &Known| known.is_ours && known.left(now).is_some();
        let again = self.known.iter().filter(|(_, known)| ours(known));
        self.unsaid.extend(again.map(|(proxy, _)| *proxy));
        self.settled_at = now + SETTLED;
    }

    pub(super) fn has_unsaid(&self) -> bool {
        !self.unsaid.is_empty()
    }

    /// What peers are to be told.
    pub(super) fn unsaid(&self, most: usize, now: Instant) -> Vec<Rest> {
        let rest = |proxy: &ProxyId| self.known.get(proxy).and_then(|known| known.left(now));
        let some = self.unsaid.iter().take(most);
        some.map(|proxy| Rest { proxy: *proxy, rest: rest(proxy) }).collect()
    }

    pub(super) fn said(&mut self, rests: &[Rest], now: Instant) {
        for rest in rests {
            self.unsaid.remove(&rest.proxy);
        }
        if now < self.settled_at {
            let ends = rests.iter().filter(|rest| rest.rest.is_none());
            self.unheard.extend(ends.map(|rest| rest.proxy));
        }
    }

    /// Does what its time has come for.
    pub(super) fn look(&mut self, now: Instant) {
        if now >= self.settled_at {
            let known = &self.known;
            let is_over = |rest: &Known| rest.is_ours && rest.left(now).is_none();
            let over = self.unheard.drain().filter(|proxy| known.get(proxy).is_some_and(is_over));
            self.unsaid.extend(over);
        }
        self.forget_ended(now);
    }

    /// Forgets what is over, now and then.
    fn forget_ended(&mut self, now: Instant) {
        if now.duration_since(self.looked) < LOOK {
            return;
        }
        self.looked = now;
        let (unsaid, unheard) = (&self.unsaid, &self.unheard);
        let is_needed = |proxy: &ProxyId| unsaid.contains(proxy) || unheard.contains(proxy);
        self.known.retain(|proxy, known| known.left(now).is_some() || is_needed(proxy));
    }
}

// === impl Known ===

impl Known {
    fn left(&self, now: Instant) -> Option<Duration> {
        let waits = self.waits_until.map(|until| until.saturating_duration_since(now));
        waits.filter(|left| !left.is_zero()).or_else(|| self.rest.left(now))
    }
}
