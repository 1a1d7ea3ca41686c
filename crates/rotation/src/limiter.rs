//! At most so many starts in any window, exactly: a ring of the latest start times.

use std::collections::VecDeque;
use std::num::NonZeroU32;

use model::policy::RateLimit;

use crate::allotment::{Allotment, Verdict, Want};
use crate::moment::length;
use crate::sharing::Sharing;

/// The starts of one exit in the window that ends now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limiter {
    starts: VecDeque<u64>,
    /// What this node may start of what all may, where nodes share their limits.
    allotment: Option<Allotment>,
}

impl Limiter {
    /// Counts a start at `now`, or says when the next one will be possible. All times are
    /// milliseconds of one clock.
    pub(crate) fn start(&mut self, limit: &RateLimit, now: u64) -> Result<(), u64> {
        self.forget_old(limit, now);
        if let Some(next) = self.next_start(limit) {
            return Err(next);
        }
        self.starts.push_back(now);
        Ok(())
    }

    /// Counts a start at `now` as far as this node may, of what all nodes may together.
    pub(crate) fn start_shared(
        &mut self,
        limit: &RateLimit,
        (sharing, salt): (Sharing, u32),
        now: u64,
    ) -> Verdict {
        match sharing {
            Sharing::Alone => self.start_alone(limit, now),
            Sharing::Tokens => {
                let verdict = self.allotment.get_or_insert_default().start(limit, now);
                if matches!(verdict, Verdict::Starts { .. }) {
                    // Others have allowed it: it is remembered for the time when nobody does.
                    self.forget_old(limit, now);
                    self.starts.push_back(now);
                }
                verdict
            }
            Sharing::Away { .. } => {
                let Some(most) = NonZeroU32::new(sharing.part(limit.max_requests.get(), salt))
                else {
                    return Verdict::Barred(now + length(limit.window));
                };
                let verdict = self.start_alone(&RateLimit { max_requests: most, ..*limit }, now);
                let starts = u32::try_from(self.starts.len()).unwrap_or(u32::MAX);
                self.allotment.get_or_insert_default().alone(starts);
                verdict
            }
        }
    }

    fn start_alone(&mut self, limit: &RateLimit, now: u64) -> Verdict {
        match self.start(limit, now) {
            Ok(()) => Verdict::Starts { asks: false },
            Err(until) => Verdict::Barred(until),
        }
    }

    /// Forgets starts that are in no window any more.
    fn forget_old(&mut self, limit: &RateLimit, now: u64) {
        let window = length(limit.window);
        while self.starts.front().is_some_and(|start| start + window <= now) {
            self.starts.pop_front();
        }
    }

    /// What is to be asked for.
    pub(crate) fn want(&mut self, limit: &RateLimit, now: u64) -> Option<Want> {
        self.allotment.as_mut().map(|allotment| allotment.want(limit, now))
    }

    /// What has been granted of it; when there may be more, if that was nothing.
    pub(crate) fn granted(
        &mut self,
        grant: (u64, u32, u64),
        (wanted, retry): (u32, Option<u64>),
        now: u64,
    ) -> Option<u64> {
        let allotment = self.allotment.as_mut()?;
        allotment.granted(grant, wanted, retry);
        allotment.barred_until(now)
    }

    /// When the next start will be possible, if the limit is reached by what has been counted.
    pub(crate) fn next_start(&self, limit: &RateLimit) -> Option<u64> {
        let most = usize::try_from(limit.max_requests.get()).unwrap_or(usize::MAX);
        let oldest = self.starts.len().checked_sub(most)?;
        Some(self.starts[oldest] + length(limit.window))
    }

    /// Forgets all starts.
    pub(crate) fn clear(&mut self) {
        self.starts.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn limit(max_requests: u32, window: u64) -> RateLimit {
        RateLimit {
            max_requests: NonZeroU32::new(max_requests).unwrap(),
            window: Duration::from_millis(window),
            quarantine: None,
            sticky_quarantine: false,
        }
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_the_limit(
            steps in prop::collection::vec(0u64..40, 1..300), most in 1u32..8, window in 1u64..200,
        ) {
            let (mut limiter, limit) = (Limiter::default(), limit(most, window));
            let (mut now, mut started) = (0, Vec::new());
            for step in steps {
                now += step;
                match limiter.start(&limit, now) {
                    Ok(()) => started.push(now),
                    Err(next) => prop_assert!(next > now),
                }
            }
            for first in &started {
                let inside = started.iter().filter(|at| **at >= *first && **at < first + window);
                prop_assert!(inside.count() <= most as usize);
            }
        }
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let (mut limiter, limit) = (Limiter::default(), limit(2, 100));
        assert_eq!(limiter.start(&limit, 10), Ok(()));
        assert_eq!(limiter.start(&limit, 40), Ok(()));
        assert_eq!(limiter.start(&limit, 50), Err(110));
        assert_eq!(limiter.start(&limit, 110), Ok(()));
    }
}
