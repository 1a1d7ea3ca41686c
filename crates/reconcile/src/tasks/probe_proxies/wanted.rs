//! Exits that somebody wants to have asked now, and who waits for which.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use model::ProxyId;
use tokio::sync::mpsc;

use crate::error::{ProbeError, chain};

/// A probe has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// How long the exit took: to be there, to open the tunnel, or to bring the head of the page.
    pub latency: Duration,
    /// Where the page says it was asked for from.
    pub address: Option<IpAddr>,
}

/// A probe has not passed, or there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPassed {
    /// The error type that a proxy would name (RFC 9209 section 2.3), or `not_in_roster`.
    pub error: &'static str,
    /// What happened, for people.
    pub detail: String,
}

/// What became of a probe that somebody wanted.
#[derive(Debug, Clone)]
pub struct Probed {
    /// The exit.
    pub proxy: ProxyId,
    /// Whether it passed.
    pub outcome: Result<Passed, NotPassed>,
}

/// Exits that somebody wants to have asked.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) exits: Vec<ProxyId>,
    /// Where they wait: it ends with the last outcome.
    pub(crate) to: mpsc::UnboundedSender<Probed>,
}

/// Those that wait.
pub(super) struct Waiting {
    incoming: mpsc::Receiver<Wanted>,
    queue: VecDeque<ProxyId>,
    by_exit: HashMap<ProxyId, Vec<mpsc::UnboundedSender<Probed>>>,
}

// === impl NotPassed ===

impl NotPassed {
    pub(super) fn unknown() -> Self {
        let detail = "the exit is off, or this node has not heard of it yet".to_owned();
        Self { error: "not_in_roster", detail }
    }

    pub(super) fn unaskable() -> Self {
        let detail = "the certificates of its connector cannot be used".to_owned();
        Self { error: "proxy_configuration_error", detail }
    }

    fn broken_off() -> Self {
        Self { error: "proxy_internal_error", detail: "the probe broke off".to_owned() }
    }
}

impl From<&ProbeError> for NotPassed {
    fn from(error: &ProbeError) -> Self {
        Self { error: error.proxy_status_error(), detail: chain(error) }
    }
}

// === impl Waiting ===

impl Waiting {
    pub(super) fn new(incoming: mpsc::Receiver<Wanted>) -> Self {
        Self { incoming, queue: VecDeque::new(), by_exit: HashMap::new() }
    }

    /// Hears who has come.
    pub(super) fn hear(&mut self) {
        while let Ok(Wanted { exits, to }) = self.incoming.try_recv() {
            for exit in exits {
                self.queue.push_back(exit);
                self.by_exit.entry(exit).or_default().push(to.clone());
            }
        }
    }

    /// The next one to be asked.
    pub(super) fn next(&mut self) -> Option<ProxyId> {
        loop {
            // One that two wanted is asked once.
            let exit = self.queue.pop_front()?;
            if self.wants(exit) {
                return Some(exit);
            }
        }
    }

    pub(super) fn wants(&self, exit: ProxyId) -> bool {
        self.by_exit.contains_key(&exit)
    }

    /// Tells whoever waits for it.
    pub(super) fn tell(&mut self, proxy: ProxyId, outcome: &Result<Passed, NotPassed>) {
        for to in self.by_exit.remove(&proxy).unwrap_or_default() {
            // Who has gone does not want to know any more.
            to.send(Probed { proxy, outcome: outcome.clone() }).ok();
        }
    }

    /// Tells them what a probe found; `None`: it broke off.
    pub(super) fn tell_found(
        &mut self,
        proxy: ProxyId,
        found: Option<&Result<Passed, ProbeError>>,
    ) {
        if !self.wants(proxy) {
            return;
        }
        let outcome = match found {
            Some(Ok(passed)) => Ok(*passed),
            Some(Err(error)) => Err(NotPassed::from(error)),
            None => Err(NotPassed::broken_off()),
        };
        self.tell(proxy, &outcome);
    }
}
