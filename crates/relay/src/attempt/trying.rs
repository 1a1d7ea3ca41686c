//! One attempt of a race: the turn that it uses, and what its end says about the exit.

use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use dial::DialError;
use model::ProxyId;
use model::exchange::Blame;
use parking_lot::Mutex;
use rotation::{Failure, Turn};
use tokio::time::Instant;

use super::log::{Event, Log};
use crate::error::AttemptError;
use crate::refuse;

/// Which attempts of a race have been opened a way to the target: what is silent from then on is
/// the target. And which came to nothing, and the log, where one is kept.
#[derive(Default)]
pub(crate) struct Ways {
    open: AtomicU16,
    failed: Mutex<Vec<Failed>>,
    log: Option<Log>,
}

/// An attempt that came to nothing.
pub(crate) struct Failed {
    pub(crate) exit: ProxyId,
    pub(crate) error: &'static str,
    pub(crate) begun: Instant,
    pub(crate) took: Duration,
}

/// That of one attempt: its bit of them, and when it began.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    ways: &'a Ways,
    number: u8,
    pub(crate) begun: Instant,
}

/// A turn that is being used. Dropped without a verdict it has lost a race: that is no fault of
/// the exit, unless it kept us waiting for all of its share.
pub(super) struct Trying<'a> {
    turn: Option<Turn>,
    patience: Duration,
    way: Way<'a>,
    /// What people are told, where it is more than what its failure says.
    error: Option<&'static str>,
}

/// What a failed attempt says about its exit.
pub(crate) fn failure(error: &AttemptError) -> Failure {
    match error {
        AttemptError::Dial(error) => dial_failure(error),
        AttemptError::Silent => Failure::Silent,
        AttemptError::Closed | AttemptError::Broken { .. } => Failure::Unreachable,
        AttemptError::Garbage { .. } | AttemptError::Http2 { .. } => Failure::Garbage,
        AttemptError::Unauthorized => Failure::Unauthorized,
        AttemptError::Target { .. }
        | AttemptError::CertificateWanted
        | AttemptError::Disguise { .. } => Failure::TargetUnreachable,
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

/// A failure as people read it, in the words of `Proxy-Status` as far as it has any.
fn word(why: Failure) -> &'static str {
    match why {
        Failure::Unreachable => "connection_terminated",
        Failure::Silent => "connection_read_timeout",
        Failure::Unauthorized => "proxy_configuration_error",
        Failure::Refused => "proxy_internal_response",
        Failure::Garbage => "http_protocol_error",
        Failure::TargetUnreachable => "destination_unavailable",
        Failure::Banned => "banned",
        Failure::Cancelled => "cancelled",
    }
}

// === impl Trying ===

impl<'a> Trying<'a> {
    pub(super) fn new(turn: Turn, patience: Duration, way: Way<'a>) -> Self {
        if let Some(log) = &way.ways.log {
            log.begin(way.number, turn.exit().id, way.begun);
        }
        Self { turn: Some(turn), patience, way, error: None }
    }

    /// What went wrong, for people.
    pub(super) fn because(&mut self, error: &AttemptError) {
        self.error = Some(refuse::attempt_token(error));
    }

    pub(super) fn failed(&mut self, why: Failure) {
        if let Some(mut turn) = self.turn.take() {
            self.end(&mut turn, why);
        }
    }

    fn end(&self, turn: &mut Turn, why: Failure) {
        let (now, exit) = (Instant::now(), turn.exit().id);
        self.way.end(Some(why));
        turn.failed(why, now);
        let error = self.error.unwrap_or(word(why));
        let (begun, took) = (self.way.begun, now - self.way.begun);
        self.way.ways.failed.lock().push(Failed { exit, error, begun, took });
    }

    /// The turn goes on, but as one that came to nothing.
    pub(super) fn banned(mut self) -> Option<Turn> {
        let mut turn = self.turn.take()?;
        self.end(&mut turn, Failure::Banned);
        Some(turn)
    }

    /// The turn goes on without a verdict, from now on.
    pub(super) fn pending(mut self) -> Option<(Turn, Instant)> {
        self.way.end(None);
        Some((self.turn.take()?, Instant::now()))
    }

    /// The exit has done its part, now.
    pub(super) fn opened(mut self) -> Option<(Turn, Instant)> {
        let (mut turn, now) = (self.turn.take()?, Instant::now());
        self.way.end(None);
        turn.opened(now - self.way.begun, now);
        Some((turn, now))
    }
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        if self.turn.is_none() {
            return;
        }
        let waited_long = self.way.begun.elapsed() >= self.patience;
        self.failed(match (waited_long, self.way.is_open()) {
            (true, true) => Failure::TargetUnreachable,
            (true, false) => Failure::Silent,
            (false, _) => Failure::Cancelled,
        });
    }
}

// === impl Ways ===

impl Ways {
    /// Those of a race of which a log is kept.
    pub(crate) fn logged(log: Option<Log>) -> Self {
        Self { log, ..Self::default() }
    }

    /// The way of one attempt; there are at most 11, counted from 1.
    pub(super) fn of(&self, attempt: u8, begun: Instant) -> Way<'_> {
        Way { ways: self, number: attempt, begun }
    }

    /// The attempts that came to nothing, when the race is over.
    pub(crate) fn failed(&mut self) -> Vec<Failed> {
        std::mem::take(self.failed.get_mut())
    }

    pub(super) fn is_any_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) != 0
    }
}

impl Way<'_> {
    /// The exit has done its part.
    pub(crate) fn open(self) {
        self.ways.open.fetch_or(self.bit(), Ordering::Relaxed);
    }

    /// How far it has got, for whoever wants to know.
    pub(crate) fn note(self, event: Event) {
        if let Some(log) = &self.ways.log {
            log.note(self.number, event);
        }
    }

    fn end(self, why: Option<Failure>) {
        if let Some(log) = &self.ways.log {
            log.end(self.number, why);
        }
    }

    fn is_open(self) -> bool {
        self.ways.open.load(Ordering::Relaxed) & self.bit() != 0
    }

    fn bit(self) -> u16 {
        1 << self.number.min(15)
    }
}
