//! What somebody who stands for a lease does next: no clock, no chance and no Redis in here.

use std::time::Duration;

use tokio::time::Instant;

use super::Standing;
use crate::settings::Timing;

/// A holder that got no answer asks again so soon.
const RETRY: Duration = Duration::from_millis(250);

/// What became of a question for the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was free, and is ours.
    Taken,
    /// It was ours already, and is for longer.
    Kept,
    /// It is somebody else's.
    Anothers,
    /// Nobody knows.
    Unknown,
}

/// One candidate for one lease.
#[derive(Debug, Clone)]
pub(crate) struct Candidacy {
    timing: Timing,
    elections: u64,
    /// Until then nobody else can have it, by our own clock.
    until: Option<Instant>,
    due: Instant,
}

impl Candidacy {
    pub(crate) fn new(timing: Timing, now: Instant) -> Self {
        Self { timing, elections: 0, until: None, due: now }
    }

    /// When to ask next.
    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Until when it is ours, unless it is renewed.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.until
    }

    pub(crate) fn standing(&self, now: Instant) -> Standing {
        match self.until {
            Some(until) if now < until => Standing::Elected { term: self.elections },
            _ => Standing::Standby,
        }
    }

    /// Takes the answer to a question that was asked at `asked`: what Redis counts began no earlier.
    /// `chance` (0-1) spreads those who stand by.
    pub(crate) fn hear(&mut self, answer: Answer, asked: Instant, now: Instant, chance: f64) {
        let was_elected = matches!(self.standing(now), Standing::Elected { .. });
        let ends = asked + self.timing.lease_step_down;
        match answer {
            // A holder whose lease was gone for a moment, or whose own time was over, cannot know
            // who had it meanwhile: that is another election.
            Answer::Taken => self.elect(ends),
            Answer::Kept if !was_elected => self.elect(ends),
            Answer::Kept => self.until = Some(ends),
            Answer::Anothers => self.until = None,
            Answer::Unknown => {}
        }
        self.due = match answer {
            Answer::Taken | Answer::Kept => asked + self.timing.lease_refresh,
            Answer::Unknown if was_elected => now + RETRY,
            Answer::Unknown | Answer::Anothers => {
                now + self.timing.lease_poll.mul_f64(0.8 + 0.4 * chance)
            }
        };
    }

    fn elect(&mut self, ends: Instant) {
        self.elections += 1;
        self.until = Some(ends);
    }
}

#[cfg(test)]
mod tests;
