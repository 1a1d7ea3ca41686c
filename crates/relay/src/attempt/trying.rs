//! One attempt of a race: the turn that it uses, and what its end says about the exit.

use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use dial::DialError;
use model::exchange::Blame;
use rotation::{Failure, Turn};
use tokio::time::Instant;

use crate::error::AttemptError;

/// Which attempts of a race have been opened a way to the target: what is silent from then on is
/// the target.
#[derive(Default)]
pub(crate) struct Ways(AtomicU16);

/// One bit of them, the attempt's own.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    ways: &'a AtomicU16,
    bit: u16,
}

/// A turn that is being used. Dropped without a verdict it has lost a race: that is no fault of
/// the exit, unless it kept us waiting for all of its share.
pub(super) struct Trying<'a> {
    turn: Option<Turn>,
    begun: Instant,
    patience: Duration,
    way: Way<'a>,
}

/// What a failed attempt says about its exit.
pub(crate) fn failure(error: &AttemptError) -> Failure {
    match error {
        AttemptError::Dial(error) => dial_failure(error),
        AttemptError::Silent => Failure::Silent,
        AttemptError::Closed | AttemptError::Broken { .. } => Failure::Unreachable,
        AttemptError::Garbage { .. } | AttemptError::Http2 { .. } => Failure::Garbage,
        AttemptError::Unauthorized => Failure::Unauthorized,
        AttemptError::Target { .. } | AttemptError::CertificateWanted => Failure::TargetUnreachable,
        AttemptError::Sent { source } => failure(source),
        AttemptError::Client { .. }
        | AttemptError::Stalled
        | AttemptError::Body(_)
        | AttemptError::Trust(_) => Failure::Cancelled,
    }
}

fn dial_failure(error: &DialError) -> Failure {
    match error.blame() {
        Blame::Target => Failure::TargetUnreachable,
        Blame::Exit => match error {
            DialError::Unauthorized => Failure::Unauthorized,
            DialError::BadAnswer(_) => Failure::Garbage,
            DialError::Refused { .. }
            | DialError::Socks5Refused { .. }
            | DialError::Socks4Refused { .. } => Failure::Refused,
            _ => Failure::Unreachable,
        },
        Blame::Client | Blame::Node => Failure::Cancelled,
    }
}

// === impl Trying ===

impl<'a> Trying<'a> {
    pub(super) fn new(turn: Turn, (begun, patience): (Instant, Duration), way: Way<'a>) -> Self {
        Self { turn: Some(turn), begun, patience, way }
    }

    pub(super) fn failed(&mut self, why: Failure) {
        if let Some(mut turn) = self.turn.take() {
            turn.failed(why, Instant::now());
        }
    }

    /// The turn goes on, but as one that came to nothing.
    pub(super) fn banned(mut self) -> Option<Turn> {
        let mut turn = self.turn.take()?;
        turn.failed(Failure::Banned, Instant::now());
        Some(turn)
    }

    /// The turn goes on without a verdict.
    pub(super) fn pending(mut self) -> Option<Turn> {
        self.turn.take()
    }

    pub(super) fn opened(mut self) -> Option<Turn> {
        let (mut turn, now) = (self.turn.take()?, Instant::now());
        turn.opened(now - self.begun, now);
        Some(turn)
    }
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        if self.turn.is_none() {
            return;
        }
        let waited_long = self.begun.elapsed() >= self.patience;
        self.failed(match (waited_long, self.way.is_open()) {
            (true, true) => Failure::TargetUnreachable,
            (true, false) => Failure::Silent,
            (false, _) => Failure::Cancelled,
        });
    }
}

// === impl Ways ===

impl Ways {
    /// The way of one attempt; there are at most 11, counted from 1.
    pub(super) fn of(&self, attempt: u8) -> Way<'_> {
        Way { ways: &self.0, bit: 1 << attempt.min(15) }
    }

    pub(super) fn is_any_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }
}

impl Way<'_> {
    /// The exit has done its part.
    pub(crate) fn open(self) {
        self.ways.fetch_or(self.bit, Ordering::Relaxed);
    }

    fn is_open(self) -> bool {
        self.ways.load(Ordering::Relaxed) & self.bit != 0
    }
}
