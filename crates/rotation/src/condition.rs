//! The part of an exit's state that a lock keeps: how good it is, its failures, limits and rests.

use std::sync::{Arc, Weak};
use std::time::Duration;

use model::policy::RateLimit;
use model::proxy::Status;

use crate::allotment::{PENDING, Verdict};
use crate::availability::{Availability, Grade};
use crate::limiter::Limiter;
use crate::moment::length;
use crate::sharing::Sharing;

/// Failures in a row after which an exit is unhealthy.
pub(crate) const MOST_FAILURES: u16 = 3;
/// The rest after the first failure; it doubles with every further one.
const FIRST_REST: Duration = Duration::from_secs(1);
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_mins(5);
/// How long a trial may take before another one is allowed.
const TRIAL: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) status: Status,
    pub(crate) failures: u16,
    pub(crate) probes: Probes,
    /// Where the exit stands in the newest roster.
    pub(crate) availability: Weak<Availability>,
    pub(crate) place: u32,
    /// Elsewhere, because there are a million exits of which most have nothing that holds them back.
    pub(crate) held: Option<Box<Held>>,
}

/// What holds an exit back, now or soon. Times are in milliseconds; 0: none.
#[derive(Debug, Default)]
pub(crate) struct Held {
    rests_until: u64,
    quarantined_until: u64,
    limiter: Option<Box<Limiter>>,
}

/// The outcomes of the last three probes, the latest in the lowest bit: 1 is a success. Above them
/// stands a 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probes(u8);

/// An exit that cannot take a request now, but at this time, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Denied {
    pub(crate) until: u64,
    /// Tokens are to be asked for.
    pub(crate) asks: bool,
    /// It is they that are waited for.
    pub(crate) waits: bool,
}

/// The limits under which a request starts.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'a> {
    pub(crate) rate: Option<&'a RateLimit>,
    pub(crate) in_flight: Option<u32>,
    /// How nodes share the rate, and a number that makes exits differ.
    pub(crate) sharing: (Sharing, u32),
    /// Chance, for the length of a quarantine: 0-1.
    pub(crate) chance: f32,
}

// === impl Probes ===

impl Probes {
    pub(crate) const NONE: Self = Self(1);

    /// One more has an outcome, and the oldest of four is forgotten.
    pub(crate) fn note(&mut self, is_success: bool) {
        let all = self.0 << 1 | u8::from(is_success);
        self.0 = if all > 0b1111 { 0b1000 | all & 0b111 } else { all };
    }

    /// How many there were, up to three.
    pub(crate) fn count(self) -> u32 {
        self.0.ilog2()
    }

    /// How many of them were successes.
    pub(crate) fn good(self) -> u32 {
        self.0.count_ones() - 1
    }
}

// === impl Condition ===

impl Condition {
    /// Counts a start against the limit, and says whether tokens are to be asked for. The one that
    /// reaches it sends the exit to rest, so that no further request has to find out.
    pub(crate) fn limit(
        &mut self,
        limits: Limits<'_>,
        rate: &RateLimit,
        now: u64,
    ) -> Result<bool, Denied> {
        let limiter = self.held.get_or_insert_default().limiter.get_or_insert_default();
        match limiter.start_shared(rate, limits.sharing, now) {
            Verdict::Waits { asks } => {
                return Err(Denied { until: now + PENDING, asks, waits: true });
            }
            Verdict::Barred(until) => {
                self.quarantine(until);
                self.publish();
                return Err(Denied { until, asks: false, waits: false });
            }
            // Others may have used up what there is: whoever hands out tokens says when.
            Verdict::Starts { asks } if limits.sharing.0 == Sharing::Tokens => return Ok(asks),
            Verdict::Starts { .. } => {}
        }
        if let Some(next) = limiter.next_start(rate) {
            self.full(rate, (next, limits.chance), now);
        }
        Ok(false)
    }

    /// Whether a start would be within the limit, which counts nothing.
    pub(crate) fn look(
        &self,
        limits: Limits<'_>,
        is_patient: bool,
        now: u64,
    ) -> Result<(), Denied> {
        let Some(rate) = limits.rate else { return Ok(()) };
        let held = self.held.as_ref();
        let mut limiter =
            held.and_then(|held| held.limiter.as_deref()).cloned().unwrap_or_default();
        let until = match limiter.start_shared(rate, limits.sharing, now) {
            Verdict::Starts { .. } => return Ok(()),
            Verdict::Waits { .. } if is_patient => return Ok(()),
            Verdict::Waits { .. } => now + PENDING,
            Verdict::Barred(until) => until,
        };
        Err(Denied { until, asks: false, waits: false })
    }

    /// The limit is reached: the exit rests, for as long as the limit says, or else until the next
    /// start is possible.
    pub(crate) fn full(&mut self, rate: &RateLimit, (next, chance): (u64, f32), now: u64) {
        self.quarantine(next);
        if let Some((least, most)) = rate.quarantine {
            let spread = most.saturating_sub(least).mul_f32(chance);
            self.quarantine(now + length(least + spread));
            self.clear_limit();
        }
        self.publish();
    }

    /// Until when nobody tries it, because it failed.
    fn rests_until(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.rests_until)
    }

    /// Until when it is not chosen, because somebody said so or a limit is reached.
    pub(crate) fn quarantined_until(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.quarantined_until)
    }

    pub(crate) fn limiter(&mut self) -> Option<&mut Limiter> {
        self.held.as_mut()?.limiter.as_deref_mut()
    }

    pub(crate) fn rest(&mut self, until: u64) {
        self.hold(until, |held| held.rests_until = until);
    }

    pub(crate) fn quarantine(&mut self, until: u64) {
        self.hold(until, |held| held.quarantined_until = until);
    }

    /// What has been started is forgotten.
    pub(crate) fn clear_limit(&mut self) {
        if let Some(limiter) = self.limiter() {
            limiter.clear();
        }
    }

    /// Changes what holds it back until then; where nothing does any more, that takes no memory.
    fn hold(&mut self, until: u64, change: impl FnOnce(&mut Held)) {
        if until > 0 || self.held.is_some() {
            change(self.held.get_or_insert_default());
        }
        self.held.take_if(|held| {
            held.rests_until == 0 && held.quarantined_until == 0 && held.limiter.is_none()
        });
    }

    pub(crate) fn is_leaving(&self) -> bool {
        matches!(self.status, Status::Draining | Status::Terminating)
    }

    pub(crate) fn demote(&mut self, now: u64, chance: f32) {
        if self.is_leaving() || self.status == Status::Initializing {
            return;
        }
        let is_out = self.failures >= MOST_FAILURES;
        self.status = if is_out { Status::Unhealthy } else { Status::Degraded };
        let doublings = u32::from(self.failures.saturating_sub(1)).min(16);
        let rest = (FIRST_REST * 2u32.pow(doublings)).min(LONGEST_REST);
        self.rest(now + length(rest.mul_f32(0.8 + 0.4 * chance)));
        self.publish();
    }

    /// One request tries whether the exit works again: nobody else does meanwhile. True: this one.
    pub(crate) fn take_trial(&mut self, now: u64) -> bool {
        let is_due = self.rests_until() <= now;
        if is_due {
            self.rest(now + length(TRIAL));
            self.publish();
        }
        is_due
    }

    pub(crate) fn due(&mut self, now: u64) {
        if self.quarantined_until() > now {
            self.publish();
            return;
        }
        self.quarantine(0);
        let is_trial = matches!(self.status, Status::Degraded | Status::Unhealthy);
        if is_trial && self.rests_until() <= now {
            self.show(Grade::Up);
        } else {
            self.publish();
        }
    }

    /// Shows the newest roster how good the exit is, and tells that it rests.
    pub(crate) fn publish(&mut self) {
        let Some((availability, place)) = self.slot() else { return };
        self.show_in(&availability, place);
        let until = self.quarantined_until();
        if until > 0 {
            availability.rested(place, until);
        }
    }

    /// Stands at `place` of the newest roster from now on.
    pub(crate) fn attach(&mut self, availability: &Arc<Availability>, place: u32) {
        self.availability = Arc::downgrade(availability);
        self.place = place;
        self.show_in(availability, place);
    }

    /// Shows the newest roster, where the exit stands at `place`, how good it is.
    fn show_in(&self, availability: &Availability, place: u32) {
        let (rests, quarantined) = (self.rests_until(), self.quarantined_until());
        let grade = match self.status {
            _ if quarantined > 0 => Grade::Resting { until: quarantined },
            Status::Unknown | Status::Healthy => Grade::Up,
            Status::Degraded => Grade::Degraded,
            Status::Unhealthy => Grade::Resting { until: rests },
            Status::Initializing | Status::Draining | Status::Terminating => {
                Grade::Resting { until: u64::MAX }
            }
        };
        availability.grade(place, grade);
        if grade == Grade::Degraded {
            availability.plan(place, rests);
        }
    }

    pub(crate) fn show(&self, grade: Grade) {
        if let Some((availability, place)) = self.slot() {
            availability.grade(place, grade);
        }
    }

    pub(crate) fn slot(&self) -> Option<(Arc<Availability>, u32)> {
        Some((self.availability.upgrade()?, self.place))
    }
}
