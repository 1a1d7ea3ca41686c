//! The least rate at which a client sends or takes a body, counted only while it is waited for.

use std::time::Duration;

use tokio::time::Instant;

/// How long a client is waited for before its rate is judged.
const WINDOW: Duration = Duration::from_secs(30);
/// How often to look: somebody who began to be waited for after one look is not to have another
/// window. The system may take up to some 100 KB for a client who takes nothing, so that who is slow
/// may pass once.
pub(crate) const LOOK: Duration = Duration::from_secs(10);

/// The pace of a client in one direction. A stream of events that are rare is not slow, because it
/// is not the client who is waited for.
pub(crate) struct Pace {
    /// Bytes a second; 0: whatever comes.
    least: u64,
    /// How long the client has been waited for in this window, and what it moved meanwhile.
    waited: Duration,
    moved: u64,
    /// Since when it is being waited for, and what it had moved by then.
    waiting: Option<(Instant, u64)>,
}

impl Pace {
    /// `least` is in bytes a second; 0 is no limit.
    pub(crate) fn new(least: u64) -> Self {
        Self { least, waited: Duration::ZERO, moved: 0, waiting: None }
    }

    /// Whether the client is too slow. `moved` is all that it has sent or taken; `is_waited_for`:
    /// whether nothing can go on without it from now on.
    pub(crate) fn is_too_slow(&mut self, now: Instant, moved: u64, is_waited_for: bool) -> bool {
        let waiting = std::mem::replace(&mut self.waiting, is_waited_for.then_some((now, moved)));
        let Some((since, before)) = waiting.filter(|_| self.least > 0) else { return false };
        self.waited += now - since;
        self.moved += moved - before;
        if self.waited < WINDOW {
            return false;
        }
        // It may have been longer than a window: more is expected then.
        let due = u128::from(self.least) * self.waited.as_millis() / 1000;
        let is_slow = u128::from(self.moved) < due;
        (self.waited, self.moved) = (Duration::ZERO, 0);
        is_slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a client that is looked at every second, moving `step` bytes each time, is too slow
    /// within two minutes of being waited for.
    fn is_slow(least: u64, step: u64, is_waited_for: impl Fn(u64) -> bool) -> bool {
        let (mut pace, begun) = (Pace::new(least), Instant::now());
        (0..120).any(|second| {
            let now = begun + Duration::from_secs(second);
            pace.is_too_slow(now, second * step, is_waited_for(second))
        })
    }

    #[test]
    fn a_client_that_is_waited_for_keeps_up_or_is_too_slow() {
        assert!(is_slow(1024, 1, |_| true));
        assert!(is_slow(1024, 1023, |_| true));
        assert!(!is_slow(1024, 1024, |_| true));
        assert!(!is_slow(0, 0, |_| true));
    }

    #[test]
    fn a_client_that_waits_for_others_is_never_too_slow() {
        assert!(!is_slow(1024, 1, |_| false));
        // A second in four of waiting makes no window in two minutes.
        assert!(!is_slow(1024, 1, |second| second % 4 == 0 && second < 100));
    }

    #[test]
    fn what_moved_before_anybody_waited_is_no_credit() {
        let (mut pace, begun) = (Pace::new(1024), Instant::now());
        assert!(!pace.is_too_slow(begun, 1_000_000_000, true));
        assert!(pace.is_too_slow(begun + WINDOW, 1_000_000_000, true));
    }

    #[test]
    fn a_single_long_wait_is_judged_as_a_whole() {
        let (mut pace, begun) = (Pace::new(1024), Instant::now());
        assert!(!pace.is_too_slow(begun, 0, true));
        assert!(!pace.is_too_slow(begun + WINDOW * 2, 60 * 1024, true));
        assert!(pace.is_too_slow(begun + WINDOW * 4, 60 * 1024 + 59 * 1024, true));
    }
}
