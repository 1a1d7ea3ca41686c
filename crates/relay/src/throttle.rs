//! Counts wrong logins by source address, so that passwords cannot be guessed by trying.

use std::collections::HashMap;
use std::net::IpAddr;
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
}

struct Failures {
    since: Instant,
    count: u32,
}

impl Throttle {
    pub(crate) fn new(allowed: u32) -> Self {
        Self { allowed, failures: Mutex::new(HashMap::new()) }
    }

    /// How long `source` has to wait before its login is looked at again; `None`: not at all.
    pub(crate) fn wait(&self, source: IpAddr, now: Instant) -> Option<Duration> {
        let failures = self.failures.lock();
        let entry = failures.get(&source)?;
        let left = WINDOW.checked_sub(now - entry.since)?;
        (entry.count >= self.allowed).then_some(left)
    }

    /// Remembers a wrong login.
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
    }

    /// Forgets the wrong logins of an address that has now given a right one.
    pub(crate) fn succeeded(&self, source: IpAddr) {
        let mut failures = self.failures.lock();
        if !failures.is_empty() {
            failures.remove(&source);
        }
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

    #[test]
    fn a_right_login_forgets_the_wrong_ones() {
        let throttle = Throttle::new(2);
        let source = [192, 0, 2, 1].into();
        let now = Instant::now();
        throttle.failed(source, now);
        throttle.succeeded(source);
        throttle.failed(source, now);
        assert_eq!(throttle.wait(source, now), None);
    }
}
