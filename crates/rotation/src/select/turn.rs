//! `Turn`: one attempt through one exit.

use std::sync::Arc;
use std::time::Duration;

use model::ProxyId;
use rand::RngExt;
use tokio::time::Instant;

use super::{Affinity, Candidates, Purpose};
use crate::moment::millis;
use crate::roster::Exit;
use crate::sessions::{Binds, Bound, Sessions};
use crate::state::Start;

/// What an attempt that failed says about its exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It could not be reached, or broke off.
    Unreachable,
    /// It did not answer in time.
    Silent,
    /// It did not take our login.
    Unauthorized,
    /// It refused for a reason of its own.
    Refused,
    /// It answered what no exit answers.
    Garbage,
    /// It works; the target does not. No fault of the exit.
    TargetUnreachable,
    /// The target bans it: it works, and brought an answer that is not the one. No fault of the exit
    /// elsewhere.
    Banned,
    /// Another attempt was faster, or the client gave up. No fault of the exit, and no request.
    Cancelled,
}

/// One attempt through one exit. From its beginning it counts as in flight and, where there is a
/// limit, as a request; dropped without a verdict it counts as [`Failure::Cancelled`].
#[derive(Debug)]
pub struct Turn {
    exit: Arc<Exit>,
    sessions: Arc<Sessions>,
    /// The session that it binds when it succeeds.
    binds: Option<Binds>,
    start: Start,
    chance: f32,
    latency: Option<Duration>,
    has_verdict: bool,
    is_counted: bool,
}

impl Candidates {
    /// Begins a turn, unless a limit of the exit forbids it. Either way the exit is tried.
    pub(super) fn begin(&mut self, exit: Arc<Exit>, now: Instant) -> Option<Turn> {
        self.tried.push(exit.id);
        let chance: f32 = self.random.random();
        let allotments = self.project.allotments();
        let limits = exit.limits(allotments.sharing(), chance);
        let started = match self.purpose {
            Purpose::Carry => exit.state.start(limits, millis(now)),
            purpose => exit.state.look(limits, purpose == Purpose::LookPatiently, millis(now)),
        };
        if started.map_or_else(|denied| denied.asks, |start| start.asks) {
            allotments.want(&exit);
        }
        if started.is_err_and(|denied| denied.waits) {
            allotments.hurry();
        }
        match started {
            Ok(start) => Some(Turn {
                start,
                binds: self.binds(exit.id),
                exit,
                sessions: Arc::clone(&self.sessions),
                chance,
                latency: None,
                has_verdict: false,
                is_counted: false,
            }),
            Err(denied) => {
                self.due = Some(self.due.unwrap_or(u64::MAX).min(denied.until));
                None
            }
        }
    }

    /// A session that is bound to this exit already is not bound anew: its time runs on.
    fn binds(&self, exit: ProxyId) -> Option<Binds> {
        let Affinity { key, terms: Some(terms), .. } = self.affinity? else { return None };
        let found = self.found.map(|bound| bound.exit);
        let binds = || {
            let (name, telling) = (self.name(), self.telling(exit));
            Binds { key, terms, found, name, telling }
        };
        (found != Some(exit)).then(binds)
    }
}

impl Turn {
    /// The exit.
    #[must_use]
    pub fn exit(&self) -> &Arc<Exit> {
        &self.exit
    }

    /// The exit opened the tunnel, or brought the head of the answer: it works, and the session is
    /// bound to it.
    pub fn opened(&mut self, latency: Duration, now: Instant) {
        self.latency = Some(latency);
        self.has_verdict = true;
        self.exit.state.succeeded(latency);
        if let Some(binds) = &self.binds {
            let exit = &self.exit;
            let (connector, country) = (exit.connector.id, exit.traits.place.country);
            let bound = Bound { exit: exit.id, connector, country };
            self.sessions.bind(binds, bound, now);
        }
    }

    /// Whether the attempt has succeeded so far.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.latency.is_some()
    }

    /// The attempt failed.
    pub fn failed(&mut self, why: Failure, now: Instant) {
        match why {
            Failure::Cancelled => {}
            Failure::TargetUnreachable | Failure::Banned => self.count(false),
            _ => {
                self.count(false);
                self.has_verdict = true;
                self.exit.state.failed(self.start, millis(now), self.chance);
            }
        }
    }

    /// Bytes of the request or the tunnel that have been moved.
    pub fn count_bytes(&self, sent: u64, received: u64) {
        self.exit.state.totals().count_bytes(sent, received);
        if let Some(bill) = &self.exit.connector.bill {
            bill.count_bytes(sent + received);
        }
    }

    /// Whether a cap of its connector ends what is under way.
    #[must_use]
    pub fn interrupts(&self) -> bool {
        self.exit.connector.bill.as_ref().is_some_and(|bill| bill.interrupts())
    }

    /// The request is over.
    pub fn finish(mut self, is_success: bool) {
        self.count(is_success);
    }

    fn count(&mut self, is_success: bool) {
        if !std::mem::replace(&mut self.is_counted, true) {
            self.exit.state.totals().count(is_success, self.latency.filter(|_| is_success));
            if let Some(bill) = &self.exit.connector.bill {
                bill.count_request();
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.exit.state.end();
        if self.start.is_trial && !self.has_verdict {
            self.exit.state.untried(millis(Instant::now()));
        }
    }
}
