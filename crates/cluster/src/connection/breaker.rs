//! Spares requests a Redis that is slow: three late answers, and nobody asks for a while.

use std::time::Duration;

use tokio::time::Instant;

/// Late answers in a row that open it.
const MOST_LATE: u32 = 3;
/// How long nobody asks.
const REST: Duration = Duration::from_secs(1);

/// Open, closed, or half open: one question decides.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    late: u32,
    /// Until then it is open; from then on one may ask.
    open_until: Option<Instant>,
}

impl Breaker {
    /// Whether to ask now. Whoever may ask of an open breaker is the only one for a while.
    pub(super) fn permits(&mut self, now: Instant) -> bool {
        match self.open_until {
            Some(until) if now < until => false,
            Some(_) => {
                self.open_until = Some(now + REST);
                true
            }
            None => true,
        }
    }

    pub(super) fn heard(&mut self, in_time: bool, now: Instant) {
        if in_time {
            *self = Self::default();
            return;
        }
        self.late = self.late.saturating_add(1);
        if self.late >= MOST_LATE {
            self.open_until = Some(now + REST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_late_answers_open_it_and_one_in_time_closes_it() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..2 {
            breaker.heard(false, start);
            assert!(breaker.permits(start));
        }
        breaker.heard(false, start);
        assert!(!breaker.permits(start));
        assert!(!breaker.permits(start + REST / 2));
        let later = start + REST;
        assert!(breaker.permits(later), "one may try");
        assert!(!breaker.permits(later), "and only one");
        breaker.heard(true, later);
        assert!(breaker.permits(later));
    }

    #[test]
    fn a_late_trial_opens_it_again() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        (0..3).for_each(|_| breaker.heard(false, start));
        assert!(breaker.permits(start + REST));
        breaker.heard(false, start + REST);
        assert!(!breaker.permits(start + REST + REST / 2));
        assert!(breaker.permits(start + REST + REST));
    }

    #[test]
    fn late_answers_count_only_in_a_row() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for in_time in [false, false, true, false, false] {
            breaker.heard(in_time, start);
        }
        assert!(breaker.permits(start));
    }
}
