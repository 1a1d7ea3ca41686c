//! When each attempt of a race got how far, where somebody wants to know.

use std::sync::Arc;

use capture::{Attempt, Outcome, Timings};
use model::ProxyId;
use parking_lot::Mutex;
use rotation::Failure;
use tokio::time::Instant;

/// What attempts tell of themselves. Clones are the same log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Entry>>>);

/// What has happened to an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    /// The exit was connected, at that moment.
    Connected(Instant),
    /// It was ready to carry the request.
    Opened,
    /// TLS with the target was established.
    Secured,
    /// The request was written.
    Sent,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    number: u8,
    exit: ProxyId,
    begun: Instant,
    connected: Option<Instant>,
    opened: Option<Instant>,
    secured: Option<Instant>,
    sent: Option<Instant>,
    ended: Option<(Instant, Outcome)>,
}

impl Log {
    pub(super) fn begin(&self, number: u8, exit: ProxyId, begun: Instant) {
        let (connected, opened, secured, sent, ended) = (None, None, None, None, None);
        self.0.lock().push(Entry { number, exit, begun, connected, opened, secured, sent, ended });
    }

    pub(super) fn note(&self, number: u8, event: Event) {
        self.change(number, |entry| match event {
            Event::Connected(at) => entry.connected = Some(at),
            Event::Opened => entry.opened = Some(Instant::now()),
            Event::Secured => entry.secured = Some(Instant::now()),
            Event::Sent => entry.sent = Some(Instant::now()),
        });
    }

    /// It is over; what came of it is said once.
    pub(super) fn end(&self, number: u8, why: Option<Failure>) {
        let outcome = why.map_or(Outcome::Answered, outcome);
        self.change(number, |entry| {
            entry.ended.get_or_insert((Instant::now(), outcome));
        });
    }

    fn change(&self, number: u8, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.0.lock();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.number == number) {
            change(entry);
        }
    }

    /// All of them, counted from the head of the request.
    pub(crate) fn attempts(&self, head: Instant) -> Vec<Attempt> {
        let entries = self.0.lock();
        let from = |at: Instant| at.saturating_duration_since(head);
        let attempt = |entry: &Entry| Attempt {
            exit: entry.exit,
            begun: from(entry.begun),
            connected: entry.connected.map(from),
            opened: entry.opened.map(from),
            secured: entry.secured.map(from),
            sent: entry.sent.map(from),
            ended: entry.ended.map(|(at, _)| from(at)),
            outcome: entry.ended.map(|(_, outcome)| outcome),
        };
        entries.iter().map(attempt).collect()
    }
}

/// How long it took on the way that carried it; the answer and the end are somebody else's to add.
pub(crate) fn timings(carrier: Option<&Attempt>) -> Timings {
    let Some(carrier) = carrier else { return Timings::default() };
    Timings {
        begun: Some(carrier.begun),
        connected: carrier.connected,
        exit: carrier.opened,
        tls: carrier.secured,
        sent: carrier.sent,
        ..Timings::default()
    }
}

fn outcome(why: Failure) -> Outcome {
    match why {
        Failure::Unreachable => Outcome::Unreachable,
        Failure::Silent => Outcome::Silent,
        Failure::Unauthorized => Outcome::Unauthorized,
        Failure::Refused => Outcome::Refused,
        Failure::Garbage => Outcome::Garbage,
        Failure::TargetUnreachable => Outcome::Target,
        Failure::Banned => Outcome::Banned,
        Failure::Cancelled => Outcome::Cancelled,
    }
}
