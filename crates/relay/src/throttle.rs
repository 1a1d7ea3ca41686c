//! Counts wrong logins by source address, so that passwords cannot be guessed by trying.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long wrong logins are remembered.
const WINDOW: Duration = Duration::from_mins(1);
/// Addresses remembered at once; beyond it the oldest go first.
const CAPACITY: usize = 65_536;

/// Wrong logins of the last minute.
pub(crate) struct Throttle {
    allowed: u32,
    failures: Mutex<HashMap<IpAddr, Failures>>,
    /// How many addresses are remembered: usually none, and then no request takes the lock.
    remembered: AtomicUsize,
}

struct Failures {
    since: Instant,
    count: u32,
}

impl Throttle {
    pub(crate) fn new(allowed: u32) -> Self {
        Self { allowed, failures: Mutex::default(), remembered: AtomicUsize::new(0) }
    }

    /// How long `source` has to wait before its login is looked at again; `None`: not at all.
    pub(crate) fn wait(&self, source: IpAddr, now: Instant) -> Option<Duration> {
        if self.remembered.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut failures = self.failures.lock();
        let entry = failures.get(&source)?;
        let left = WINDOW.saturating_sub(now - entry.since);
        if left.is_zero() {
            failures.remove(&source);
            self.remembered.store(failures.len(), Ordering::Relaxed);
            return None;
        }
        (entry.count >= self.allowed).then_some(left)
    }

    /// Remembers a wrong login. A right one forgets none: whoever has an account here must not be
    /// able to guess at others for ever.
    pub(crate) fn failed(&self, source: IpAddr, now: Instant) {
        let mut failures = self.failures.lock();
        if failures.len() >= CAPACITY && !failures.contains_key(&source) {
            failures.retain(|_, entry| now - entry.since < WINDOW);
            if failures.len() >= CAPACITY {
                failures.clear();
            }
        }
        let entry = failures.entry(source).or_insert(Failures { since: now, count: 0 });
        if now - entry.since >= WINDOW {
            *entry = Failures { since: now, count: 0 };
        }
        entry.count += 1;
        self.remembered.store(failures.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_failure_in_a_minute_closes_the_door_for_the_rest_of_it() {
        let throttle = Throttle::new(10);
        let (source, other) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let begun = Instant::now();
        for _ in 0..10 {
            assert_eq!(throttle.wait(source, begun), None);
            throttle.failed(source, begun);
        }
        let later = begun + Duration::from_secs(20);
        assert_eq!(throttle.wait(source, later), Some(Duration::from_secs(40)));
        assert_eq!(throttle.wait(other, later), None);
        assert_eq!(throttle.wait(source, begun + WINDOW + Duration::from_secs(1)), None);
    }
}
