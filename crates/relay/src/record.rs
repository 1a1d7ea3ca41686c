//! A guard that reports one `Exchange` when it drops, whatever happened.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use model::Exchange;
use model::exchange::{Blame, ExchangeKind, Trail};
use model::target::Target;
use rotation::{Exit, Failure, ProjectEntry, Turn};
use tokio::time::Instant;

use crate::error::RelayError;
use crate::refuse;
use crate::relay::Relay;
use crate::sample::Sample;
use crate::verdict::Ban;

mod trail;

/// The record of one request, while it is being made.
pub(crate) struct Record {
    relay: Arc<Relay>,
    begun: Instant,
    /// Known before it is dropped where it ended well.
    ended: Option<Instant>,
    exchange: Option<Exchange>,
    project: Option<Arc<ProjectEntry>>,
    turn: Option<Turn>,
    /// Bytes, sent and received, that the exit and the project know of already.
    counted: (u64, u64),
    /// What somebody wants to see of it.
    pub(crate) sample: Option<Box<Sample>>,
}

impl Record {
    /// Opens the record of a request whose head has just been read, or could not be.
    pub(crate) fn open(relay: &Arc<Relay>, kind: ExchangeKind, client: IpAddr) -> Self {
        let exchange = Exchange {
            started_at: relay.clock().now(),
            kind,
            client,
            project: None,
            connector: None,
            proxy: None,
            country: None,
            target: None,
            status: 0,
            // Until something else is said, the client went away.
            blame: Some(Blame::Client),
            attempts: 0,
            latency: Duration::ZERO,
            duration: Duration::ZERO,
            bytes_sent: 0,
            bytes_received: 0,
            banned_by: None,
            trail: Trail::default(),
        };
        Self {
            relay: Arc::clone(relay),
            begun: Instant::now(),
            ended: None,
            exchange: Some(exchange),
            project: None,
            turn: None,
            counted: (0, 0),
            sample: None,
        }
    }

    /// The request turned out to be of another kind.
    pub(crate) fn kind(&mut self, kind: ExchangeKind) {
        self.write(|exchange| exchange.kind = kind);
    }

    /// Where the request wants to go.
    pub(crate) fn target(&mut self, target: Option<&Target>) {
        self.write(|exchange| exchange.target = target.cloned());
    }

    /// The request was for this node itself, or was none but a way for others, and leaves no record.
    pub(crate) fn forget(&mut self) {
        self.exchange = None;
    }

    /// The exit that carried the request failed after all; how many had been tried.
    pub(crate) fn exit_failed(&mut self, why: Failure) -> u8 {
        if let Some(turn) = &mut self.turn {
            turn.failed(why, Instant::now());
        }
        self.exchange.as_ref().map_or(1, |exchange| exchange.attempts)
    }

    /// The request is one of `project`. It, or this node, may have enough of them under way.
    pub(crate) fn project(&mut self, project: &Arc<ProjectEntry>) -> Result<(), RelayError> {
        self.write(|exchange| exchange.project = Some(project.id));
        let may_begin = project.begin();
        self.project = Some(Arc::clone(project));
        match (may_begin, self.relay.is_full()) {
            (_, true) => Err(RelayError::Overloaded),
            (false, _) => Err(RelayError::Busy),
            (true, false) => Ok(()),
        }
    }

    /// When its head was read.
    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    /// An exit carries the request, as is known since `at`: the turn is the record's from here on.
    pub(crate) fn carried(&mut self, turn: Turn, attempts: u8, at: Instant) {
        let exit: &Arc<Exit> = turn.exit();
        let (proxy, connector) = (exit.id, exit.connector.id);
        let country = exit.traits.place.country;
        let latency = at - self.begun;
        self.write(|exchange| {
            exchange.proxy = Some(proxy);
            exchange.country = country;
            exchange.connector = Some(connector);
            exchange.attempts = attempts;
            exchange.latency = latency;
        });
        self.turn = Some(turn);
    }

    /// A rule has judged the answer that the client gets.
    pub(crate) fn banned(&mut self, ban: &Ban) {
        self.write(|exchange| exchange.banned_by = Some(ban.rule.clone()));
        if let Some(sample) = &mut self.sample {
            sample.tag.clone_from(&ban.tag);
        }
    }

    /// The exit that carries the request.
    pub(crate) fn exit(&self) -> Option<&Arc<Exit>> {
        self.turn.as_ref().map(Turn::exit)
    }

    /// How long ago its head was read.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Adds bytes that have been moved.
    pub(crate) fn moved(&mut self, sent: u64, received: u64) {
        self.write(|exchange| {
            exchange.bytes_sent += sent;
            exchange.bytes_received += received;
        });
    }

    /// So many bytes have been moved besides those that were [told](Self::moved), and more may come;
    /// whether no cap ends it here.
    pub(crate) fn flowed(&mut self, sent: u64, received: u64) -> bool {
        let told = self.exchange.as_ref().map(|told| (told.bytes_sent, told.bytes_received));
        let (told_sent, told_received) = told.unwrap_or_default();
        self.count_bytes(told_sent + sent, told_received + received);
        let turn_ends = self.turn.as_ref().is_some_and(Turn::interrupts);
        !turn_ends && !self.project.as_ref().is_some_and(|project| project.interrupts())
    }

    /// Counts what has come up to these totals.
    fn count_bytes(&mut self, sent: u64, received: u64) {
        let counted = std::mem::replace(&mut self.counted, (sent, received));
        let (sent, received) = (sent.saturating_sub(counted.0), received.saturating_sub(counted.1));
        if let Some(turn) = &self.turn {
            turn.count_bytes(sent, received);
        }
        if let Some(project) = &self.project {
            project.count_bytes(sent, received);
        }
    }

    /// The head of the answer is there, later than the way to it. Only now has an exit that reads
    /// requests done its part.
    pub(crate) fn answered(&mut self) {
        let latency = self.begun.elapsed();
        if let Some(turn) = self.turn.as_mut().filter(|turn| !turn.is_open()) {
            turn.opened(latency, Instant::now());
        }
        self.write(|exchange| exchange.latency = latency);
    }

    /// The client has been told `status`; how it ends is open.
    pub(crate) fn told(&mut self, status: u16) {
        self.write(|exchange| exchange.status = status);
    }

    /// It has ended: well, or by somebody's fault. The status is what the client has been told.
    pub(crate) fn ended(&mut self, blame: Option<Blame>) {
        self.write(|exchange| exchange.blame = blame);
    }

    /// The request was carried to its end at `at`, which is no success where the target bans the exit.
    pub(crate) fn succeeded(&mut self, status: u16, at: Instant) {
        self.ended = Some(at);
        self.told(status);
        self.write(|exchange| {
            exchange.blame = exchange.banned_by.is_some().then_some(Blame::Exit);
        });
    }

    /// The request was answered with `status`, and it is the fault of `blame` that it ended badly.
    pub(crate) fn broke(&mut self, status: u16, blame: Blame) {
        self.told(status);
        self.ended(Some(blame));
    }

    /// The request is refused with `status`.
    pub(crate) fn refused(&mut self, status: u16, error: &RelayError) {
        self.write(|exchange| {
            exchange.status = status;
            exchange.blame = Some(error.blame());
            exchange.attempts = exchange.attempts.max(error.attempts());
            exchange.trail.error = refuse::word(error);
        });
    }

    fn write(&mut self, change: impl FnOnce(&mut Exchange)) {
        if let Some(exchange) = &mut self.exchange {
            change(exchange);
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let Some(mut exchange) = self.exchange.take() else {
            if let Some(project) = &self.project {
                project.leave();
            }
            return;
        };
        exchange.duration = self.ended.unwrap_or_else(Instant::now) - self.begun;
        let is_undecided = exchange.status == 0 && exchange.blame == Some(Blame::Client);
        if is_undecided && self.relay.hard().is_cancelled() {
            exchange.blame = Some(Blame::Node);
        }
        self.count_bytes(exchange.bytes_sent, exchange.bytes_received);
        if let Some(turn) = self.turn.take() {
            turn.finish(exchange.blame.is_none());
        }
        if let Some(project) = &self.project {
            project.end(exchange.blame.is_none(), exchange.latency);
        }
        if let Some(sample) = self.sample.take()
            && let Some((keep, seen)) = sample.finish(&exchange, self.begun)
        {
            self.relay.recorder().keep(keep, seen);
        }
        self.relay.meter().finished(exchange);
    }
}
