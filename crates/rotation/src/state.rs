//! What this node knows of one exit: in flight, recent success and latency, failures, rest.
//!
//! The state outlives rosters: a new picture of the configuration finds the knowledge of the old
//! one. What every request touches is atomic; a lock is taken only when something changes or a
//! limit has to be kept.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use model::health::Health;
use model::policy::RateLimit;
use model::proxy::Status;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::allotment::Want;
use crate::availability::Availability;
use crate::condition::{Condition, Denied, Limits, MOST_FAILURES, Probes};
use crate::moment::{length, millis};
use crate::totals::Totals;

/// How much a new observation weighs against all before it.
const WEIGHT: f32 = 0.2;
/// When to ask again for an exit that has as many requests in flight as it may: nobody knows when
/// one of them ends.
const BUSY: Duration = Duration::from_secs(1);

/// The state of one exit on this node.
#[derive(Debug)]
pub struct ExitState {
    in_flight: AtomicU32,
    /// Decayed share of successes, as the bits of an `f32`; `NaN`: no evidence yet.
    success: AtomicU32,
    /// Decayed latency and its decayed deviation, in microseconds; 0: no evidence yet.
    latency: AtomicU32,
    deviation: AtomicU32,
    /// How often a failure has demoted it.
    demotions: AtomicU32,
    totals: Totals,
    condition: Mutex<Condition>,
}

/// What was known of the exit when a request started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    demotions: u32,
    /// Whether the request finds out if the exit works again.
    pub(crate) is_trial: bool,
    /// Tokens are to be asked for.
    pub(crate) asks: bool,
}

impl Default for ExitState {
    fn default() -> Self {
        Self {
            in_flight: AtomicU32::new(0),
            success: AtomicU32::new(f32::NAN.to_bits()),
            latency: AtomicU32::new(0),
            deviation: AtomicU32::new(0),
            demotions: AtomicU32::new(0),
            totals: Totals::default(),
            condition: Mutex::new(Condition {
                status: Status::Unknown,
                failures: 0,
                probes: Probes::NONE,
                availability: Weak::new(),
                place: 0,
                held: None,
            }),
        }
    }
}

// === impl ExitState ===

impl ExitState {
    /// Requests that are going through it now.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// What it was slower than in one case of twenty, lately; `None` before there is evidence.
    #[must_use]
    pub fn latency_p95(&self) -> Option<Duration> {
        let (latency, deviation) =
            (self.latency.load(Ordering::Relaxed), self.deviation.load(Ordering::Relaxed));
        // Two mean deviations above the mean, and never so near to it that noise is a reason.
        let micros = u64::from(latency) + 2 * u64::from(deviation).max(u64::from(latency) / 2);
        (latency != 0).then(|| Duration::from_micros(micros.max(5_000)))
    }

    /// Decayed share of successes; `None` before there is evidence.
    fn success(&self) -> Option<f32> {
        let success = f32::from_bits(self.success.load(Ordering::Relaxed));
        (!success.is_nan()).then_some(success)
    }

    /// How good it has been lately, for a choice by weighted chance: always above 0.
    pub(crate) fn merit(&self) -> f32 {
        let success = self.success().unwrap_or(1.0);
        let millis = f32::from(
            u16::try_from(self.latency.load(Ordering::Relaxed) / 1000).unwrap_or(u16::MAX),
        );
        // Success counts thrice: an exit that fails half of the time is no bargain at any speed.
        success.powi(3).max(0.001) / (1.0 + millis / 100.0)
    }

    /// A request starts, unless a limit forbids it.
    pub(crate) fn start(&self, limits: Limits<'_>, now: u64) -> Result<Start, Denied> {
        let most = limits.in_flight.unwrap_or(u32::MAX);
        let one_more = |before: u32| (before < most).then(|| before + 1);
        if self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_err() {
            return Err(Denied { until: now + length(BUSY), asks: false, waits: false });
        }
        let result = self.start_within(limits, now);
        if result.is_err() {
            self.end();
        }
        result
    }

    fn start_within(&self, limits: Limits<'_>, now: u64) -> Result<Start, Denied> {
        let demotions = self.demotions.load(Ordering::Relaxed);
        // Nothing is known against it, or nothing at all.
        let is_plain = self.success().is_none_or(|success| success > 0.999);
        if limits.rate.is_none() && is_plain {
            return Ok(Start { demotions, is_trial: false, asks: false });
        }
        let mut condition = self.condition.lock();
        let quarantined = condition.quarantined_until();
        if quarantined > now {
            return Err(Denied { until: quarantined, asks: false, waits: false });
        }
        let asks = match limits.rate {
            Some(rate) => condition.limit(limits, rate, now)?,
            None => false,
        };
        let is_demoted = matches!(condition.status, Status::Degraded | Status::Unhealthy);
        let is_trial = is_demoted && condition.take_trial(now);
        Ok(Start { demotions, is_trial, asks })
    }

    /// Whether a request would start. It counts as in flight, and for nothing else. `is_patient`: it
    /// waits for tokens.
    pub(crate) fn look(
        &self,
        limits: Limits<'_>,
        is_patient: bool,
        now: u64,
    ) -> Result<Start, Denied> {
        let start = self.start(Limits { rate: None, ..limits }, now)?;
        if let Err(denied) = self.condition.lock().look(limits, is_patient, now) {
            self.end();
            return Err(denied);
        }
        Ok(start)
    }

    /// Whether a limit holds back one more request, which would wait for tokens.
    pub(crate) fn is_limited(&self, limits: Limits<'_>, now: u64) -> bool {
        !self.has_room(limits.in_flight) || self.condition.lock().look(limits, true, now).is_err()
    }

    /// A request is over, however it ended.
    pub(crate) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// The exit did its work.
    pub(crate) fn succeeded(&self, latency: Duration) {
        self.observe_latency(latency);
        if self.observe(1.0) {
            return;
        }
        let mut condition = self.condition.lock();
        condition.failures = 0;
        if matches!(condition.status, Status::Unknown | Status::Degraded | Status::Unhealthy) {
            condition.status = Status::Healthy;
            condition.rest(0);
            condition.publish();
        }
    }

    /// The exit did not do its work: it is demoted at once. `chance` (0-1) spreads the ends of the
    /// rests of exits that failed together.
    /// A request that began before the latest demotion tells nothing new: what was in flight when an
    /// exit broke off is one failure, however much it was.
    pub(crate) fn failed(&self, start: Start, now: u64, chance: f32) {
        self.observe(0.0);
        let mut condition = self.condition.lock();
        let demotions = self.demotions.load(Ordering::Relaxed);
        if start.demotions != demotions {
            return;
        }
        self.demotions.store(demotions.wrapping_add(1), Ordering::Relaxed);
        condition.failures = condition.failures.saturating_add(1);
        condition.demote(now, chance);
    }

    /// A trial ended without a verdict, so the next request may be one.
    pub(crate) fn untried(&self, now: u64) {
        let mut condition = self.condition.lock();
        if matches!(condition.status, Status::Degraded | Status::Unhealthy) {
            condition.rest(now);
            condition.publish();
        }
    }

    /// A probe has an outcome. Two of the last three decide; the first one decides alone. What they
    /// have decided is returned: whether the exit works.
    pub(crate) fn probed(
        &self,
        outcome: Option<Duration>,
        now: Instant,
        chance: f32,
    ) -> Option<bool> {
        if let Some(latency) = outcome {
            self.observe_latency(latency);
        }
        let mut condition = self.condition.lock();
        condition.probes.note(outcome.is_some());
        let (probed, good) = (condition.probes.count(), condition.probes.good());
        let is_good = if probed < 3 { outcome.is_some() } else { good >= 2 };
        match (outcome.is_some(), is_good) {
            (true, true) if !condition.is_leaving() => {
                drop(condition);
                self.works();
                Some(true)
            }
            (false, _) if condition.status != Status::Initializing => {
                let bad = probed - good;
                condition.failures =
                    if bad >= 2 { MOST_FAILURES } else { condition.failures.max(1) };
                condition.demote(millis(now), chance);
                drop(condition);
                self.observe(0.0);
                (bad >= 2).then_some(false)
            }
            _ => None,
        }
    }

    /// A peer's probes have decided whether the exit works. Traffic here knows better from then on.
    pub(crate) fn believe(&self, works: bool, now: u64, chance: f32) {
        if works {
            self.works();
            return;
        }
        let mut condition = self.condition.lock();
        condition.failures = condition.failures.max(MOST_FAILURES);
        condition.demote(now, chance);
        drop(condition);
        // Else a success would have nothing to mend.
        self.observe(0.0);
    }

    fn works(&self) {
        let mut condition = self.condition.lock();
        if condition.is_leaving() {
            return;
        }
        condition.failures = 0;
        condition.status = Status::Healthy;
        condition.rest(0);
        condition.publish();
        drop(condition);
        self.observe(1.0);
    }

    /// Sets a status that traffic and probes cannot find out.
    pub(crate) fn set_status(&self, status: Status) {
        let mut condition = self.condition.lock();
        condition.status = status;
        condition.publish();
    }

    /// Lets the exit rest until then; a time in the past ends a rest.
    pub(crate) fn quarantine(&self, until: u64) {
        let mut condition = self.condition.lock();
        condition.quarantine(until);
        condition.clear_limit();
        condition.publish();
    }

    /// What tokens it wants; `None`: it has no limit that nodes share.
    #[must_use]
    pub fn want(&self, rate: &RateLimit, now: Instant) -> Option<Want> {
        self.condition.lock().limiter()?.want(rate, millis(now))
    }

    /// Tokens have been granted, under the number `grant` and until `until`, out of `wanted`; when
    /// none has, there may be one after `retry`. `chance` (0-1) chooses the rest of an exit that is
    /// to rest when its limit is reached.
    pub fn granted(
        &self,
        rate: &RateLimit,
        (grant, tokens, until): (u64, u32, Instant),
        (wanted, retry): (u32, Option<Duration>),
        (now, chance): (Instant, f32),
    ) {
        let (at, retry) = (millis(now), retry.map(|retry| millis(now + retry)));
        let mut condition = self.condition.lock();
        let Some(limiter) = condition.limiter() else { return };
        let granted = (grant, tokens, millis(until));
        if let Some(next) = limiter.granted(granted, (wanted, retry), at) {
            condition.full(rate, (next, chance), at);
        }
    }

    /// The time for which something was planned has come.
    pub(crate) fn due(&self, now: u64) {
        self.condition.lock().due(now);
    }

    /// When it can be chosen again, if all that holds it back is a limit or a verdict; not before
    /// `now`.
    pub(crate) fn held_until(&self, most_in_flight: Option<u32>, now: u64) -> Option<u64> {
        let until = self.condition.lock().quarantined_until();
        let is_busy = || !self.has_room(most_in_flight);
        (until > 0).then(|| until.max(now)).or_else(|| is_busy().then(|| now + length(BUSY)))
    }

    /// Whether one more request may be in flight.
    pub(crate) fn has_room(&self, most_in_flight: Option<u32>) -> bool {
        most_in_flight.is_none_or(|most| self.in_flight() < most)
    }

    /// Whether somebody is changing its condition just now.
    pub(crate) fn is_locked(&self) -> bool {
        self.condition.is_locked()
    }

    /// Stands at `place` of the newest roster from now on.
    pub(crate) fn attach(&self, availability: &Arc<Availability>, place: u32) {
        self.condition.lock().attach(availability, place);
    }

    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(crate) fn health(&self, now: u64) -> Health {
        let latency = self.latency.load(Ordering::Relaxed);
        let condition = self.condition.lock();
        let left = condition.quarantined_until().saturating_sub(now);
        Health {
            status: condition.status,
            in_flight: self.in_flight(),
            success_ratio: self.success(),
            latency: (latency != 0).then(|| Duration::from_micros(latency.into())),
            consecutive_failures: condition.failures.into(),
            quarantined_for: (left > 0).then(|| Duration::from_millis(left)),
        }
    }

    /// Adds an outcome to the decayed share; whether it has been nothing but success for long, so
    /// that there is nothing to mend.
    fn observe(&self, outcome: f32) -> bool {
        // No outcome may get lost: a failure that a success overwrites would leave the exit demoted
        // and beyond mending.
        let relaxed = Ordering::Relaxed;
        let mixed = self.success.fetch_update(relaxed, relaxed, |bits| {
            let old = f32::from_bits(bits);
            let is_plain = outcome >= 1.0 && old >= 0.9999;
            let new = if old.is_nan() { outcome } else { old + WEIGHT * (outcome - old) };
            (!is_plain).then(|| new.to_bits())
        });
        mixed.is_err()
    }

    fn observe_latency(&self, latency: Duration) {
        let new = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX).max(1);
        let old = self.latency.load(Ordering::Relaxed);
        if old == 0 {
            self.latency.store(new, Ordering::Relaxed);
            self.deviation.store(new / 2, Ordering::Relaxed);
            return;
        }
        // An eighth and a quarter, as TCP measures its round trips (RFC 6298 section 2).
        let deviation = self.deviation.load(Ordering::Relaxed);
        let off = old.abs_diff(new);
        self.deviation.store(deviation - deviation / 4 + off / 4, Ordering::Relaxed);
        self.latency.store((old - old / 8).saturating_add(new / 8).max(1), Ordering::Relaxed);
    }
}
