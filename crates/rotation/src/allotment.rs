//! What this node may start of what all nodes together may: tokens, handed out in batches.
//!
//! A request takes a token that is here already, or none; who hands them out is asked elsewhere and
//! meanwhile. The exact accounts are the cluster's: tokens count from their grant to their end and a
//! window longer, so that no window ever sees more starts than the limit.

use std::time::Duration;

use model::policy::RateLimit;
use smallvec::SmallVec;

use crate::moment::length;

/// When to look again for tokens that have been asked for.
pub(crate) const PENDING: u64 = 10;
/// Tokens that are not asked for again if nobody answers for so long.
const FORGOTTEN: u64 = 250;
/// The longest time for which tokens are held.
const LONGEST_HOLD: u64 = 15_000;
/// One in so many of a limit may be used before there is a token, by a node that begins: ten of them
/// at once stay within a twentieth of it.
const CREDIT: u32 = 200;

/// What one exit may start on this node, and what is to be asked for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allotment {
    grants: SmallVec<[Tokens; 2]>,
    /// Started without a token since the last time that tokens were asked for.
    spent: u32,
    /// Starts since then, and when it was.
    started: u32,
    asked: u64,
    /// Since when tokens have been wanted that nobody has brought.
    wanting: Option<u64>,
    /// Fewer tokens were granted than were wanted: there is a crowd.
    is_scarce: bool,
    /// There is no token before.
    barred_until: u64,
}

/// Tokens that were granted together.
#[derive(Debug, Clone, Copy)]
struct Tokens {
    grant: u64,
    left: u32,
    until: u64,
}

/// What one exit wants. Times are of the clock of [`tokio::time::Instant`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Tokens.
    pub tokens: u32,
    /// Started without one since the last time.
    pub spent: u32,
    /// Tokens of an earlier grant that will not be used.
    pub returned: Option<(u64, u32)>,
    /// How long the new ones are to be good for; never longer than the window.
    pub hold: Duration,
}

/// Whether a request may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes; tokens are to be asked for, where `asks`.
    Starts { asks: bool },
    /// Perhaps in a moment: tokens have been asked for, or are to be, where `asks`.
    Waits { asks: bool },
    /// Not before then: others have used up what there is.
    Barred(u64),
}

impl Allotment {
    /// A request wants to start at `now`, in milliseconds.
    pub(crate) fn start(&mut self, rate: &RateLimit, now: u64) -> Verdict {
        if self.barred_until > now {
            return Verdict::Barred(self.barred_until);
        }
        self.started = self.started.saturating_add(1);
        let usable = self.grants.iter_mut().find(|tokens| tokens.until > now && tokens.left > 0);
        let has_token = usable.is_some();
        if let Some(tokens) = usable {
            tokens.left -= 1;
        }
        let asks = self.asks(now);
        if has_token {
            return Verdict::Starts { asks };
        }
        let begins = self.asked == 0 || self.asked + length(rate.window) < now;
        if begins && self.spent < rate.max_requests.get() / CREDIT {
            self.spent += 1;
            return Verdict::Starts { asks };
        }
        self.started -= 1;
        Verdict::Waits { asks }
    }

    /// Whether tokens run out, and nobody has asked for more yet.
    fn asks(&mut self, now: u64) -> bool {
        let is_coming = self.wanting.is_some_and(|since| now < since + FORGOTTEN);
        if is_coming || self.left(now) > self.started / 4 {
            return false;
        }
        self.wanting = Some(now);
        true
    }

    /// Tokens that can be used now.
    fn left(&self, now: u64) -> u32 {
        self.grants.iter().filter(|tokens| tokens.until > now).map(|tokens| tokens.left).sum()
    }

    /// What is to be asked for: as many tokens as will be used before they end, going by the last
    /// time; few at first, and for a short time only when there is a crowd.
    pub(crate) fn want(&mut self, rate: &RateLimit, now: u64) -> Want {
        let (limit, window) = (rate.max_requests.get(), length(rate.window));
        let part = if self.is_scarce { 20 } else { 4 };
        let hold = (window / part).clamp(1, LONGEST_HOLD);
        // What one node holds and does not use, others cannot have.
        let least = (limit / 20).max(1);
        let most = if self.is_scarce { least } else { (limit / 8).max(1) };
        let elapsed = now.saturating_sub(self.asked).clamp(1, window);
        let demand = u64::from(self.started) * hold * 5 / 4 / elapsed;
        let demand = u32::try_from(demand).unwrap_or(u32::MAX);
        let tokens = demand.clamp(least, most).saturating_sub(self.left(now)).max(1);
        let ended = self.grants.iter().position(|tokens| tokens.until <= now && tokens.left > 0);
        let returned = ended.map(|ended| self.grants.remove(ended));
        self.grants.retain(|tokens| tokens.until > now || tokens.left > 0);
        self.asked = now;
        self.started = 0;
        Want {
            tokens,
            spent: std::mem::take(&mut self.spent),
            returned: returned.map(|tokens| (tokens.grant, tokens.left)),
            hold: Duration::from_millis(hold),
        }
    }

    /// Tokens have been granted, out of `wanted`; when none is, there may be one at `retry`.
    pub(crate) fn granted(
        &mut self,
        (grant, tokens, until): (u64, u32, u64),
        wanted: u32,
        retry: Option<u64>,
    ) {
        self.wanting = None;
        self.is_scarce = tokens < wanted;
        if tokens > 0 {
            self.grants.push(Tokens { grant, left: tokens, until });
        } else if let Some(retry) = retry {
            self.barred_until = retry;
        }
    }

    /// Nobody hands out tokens any more: those that are here count for nothing, and what starts
    /// without one is told when somebody does again.
    pub(crate) fn alone(&mut self, starts: u32) {
        self.grants.clear();
        self.spent = starts;
        self.wanting = None;
        self.barred_until = 0;
    }

    /// Since when it is barred, if it is.
    pub(crate) fn barred_until(&self, now: u64) -> Option<u64> {
        Some(self.barred_until).filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn limit(max_requests: u32, seconds: u64) -> RateLimit {
        RateLimit {
            max_requests: NonZeroU32::new(max_requests).unwrap(),
            window: Duration::from_secs(seconds),
            quarantine: None,
            sticky_quarantine: false,
        }
    }

    #[test]
    fn a_request_takes_a_token_or_waits_for_one() {
        let (mut allotment, rate) = (Allotment::default(), limit(10, 10));
        let now = 100_000;
        assert_eq!(allotment.start(&rate, now), Verdict::Waits { asks: true });
        assert_eq!(allotment.start(&rate, now), Verdict::Waits { asks: false });
        let want = allotment.want(&rate, now);
        assert_eq!((want.tokens, want.spent, want.returned), (1, 0, None));
        assert_eq!(want.hold, Duration::from_millis(2_500));
        allotment.granted((7, 1, now + 2_500), want.tokens, None);
        assert_eq!(allotment.start(&rate, now + 5), Verdict::Starts { asks: true });
        assert_eq!(allotment.start(&rate, now + 5), Verdict::Waits { asks: false });
        // An answer that does not come is asked for again.
        assert_eq!(allotment.start(&rate, now + 300), Verdict::Waits { asks: true });
        let want = allotment.want(&rate, now + 300);
        allotment.granted((8, 0, 0), want.tokens, Some(now + 9_000));
        assert_eq!(allotment.start(&rate, now + 301), Verdict::Barred(now + 9_000));
    }

    #[test]
    fn the_first_requests_of_a_large_limit_need_not_wait() {
        let (mut allotment, rate) = (Allotment::default(), limit(400, 60));
        assert_eq!(allotment.start(&rate, 1_000), Verdict::Starts { asks: true });
        assert_eq!(allotment.start(&rate, 1_000), Verdict::Starts { asks: false });
        assert_eq!(allotment.start(&rate, 1_000), Verdict::Waits { asks: false });
        let want = allotment.want(&rate, 1_000);
        assert_eq!(want.spent, 2, "whoever counts is told");
    }

    #[test]
    fn what_is_wanted_follows_what_is_used_and_what_is_left_over_is_given_back() {
        let (mut allotment, rate) = (Allotment::default(), limit(1_000, 60));
        let mut now = 1_000_000;
        for _ in 0..4 {
            while allotment.start(&rate, now) != (Verdict::Starts { asks: true }) {
                now += 100;
            }
            let want = allotment.want(&rate, now);
            allotment.granted((now, want.tokens, now + 15_000), want.tokens, None);
        }
        // Ten a second for a quarter of a minute would be more than one node may hold.
        while allotment.start(&rate, now) != (Verdict::Starts { asks: true }) {
            now += 100;
        }
        let want = allotment.want(&rate, now);
        assert!((60..=125).contains(&want.tokens), "{want:?}");
        allotment.granted((1, want.tokens, now + 15_000), want.tokens, None);
        let idle = now + 20_000;
        assert_eq!(allotment.start(&rate, idle), Verdict::Waits { asks: true });
        let back = allotment.want(&rate, idle).returned;
        assert!(back.is_some_and(|(_, left)| left > 0), "{back:?}");
    }

    #[test]
    fn in_a_crowd_few_are_held_and_not_for_long() {
        let (mut allotment, rate) = (Allotment::default(), limit(100, 10));
        allotment.start(&rate, 5_000);
        let want = allotment.want(&rate, 5_000);
        allotment.granted((1, want.tokens - 1, 7_000), want.tokens, None);
        allotment.start(&rate, 5_001);
        let want = allotment.want(&rate, 5_001);
        assert_eq!((want.tokens.min(5), want.hold), (want.tokens, Duration::from_millis(500)));
    }
}
