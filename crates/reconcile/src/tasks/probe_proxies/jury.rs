//! Whether a failed probe is believed: not when every exit of a project fails.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use model::ProxyId;
use rotation::{Exit, ExitState};

/// So few exits may well fail together for reasons of their own.
const FEW: usize = 2;

/// What a probe says about its exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It works, and took so long.
    Works(Duration),
    /// It does not work; that it said so itself shows that our own network does.
    Fails,
    /// It does not work, or our own network does not, or what the probe asks for.
    MayFail,
}

/// The exits of one project, as far as this node asks them. A failure for which our own network may
/// be to blame is held back until some other exit shows that it is not; when all exits have failed
/// and none has shown that, it is taken for certain that it is, and nobody is demoted.
#[derive(Debug, Default)]
pub(super) struct Jury {
    exits: usize,
    held: HashMap<ProxyId, Arc<ExitState>>,
    is_frozen: bool,
}

impl Jury {
    /// How many exits there are now.
    pub(super) fn seat(&mut self, exits: usize) {
        self.exits = exits;
        if exits <= FEW {
            self.is_frozen = false;
            self.held.clear();
        }
    }

    /// Whether failures are not believed.
    pub(super) fn is_frozen(&self) -> bool {
        self.is_frozen
    }

    /// The outcomes that are certain now, in order: `None` is a failure.
    pub(super) fn hear(
        &mut self,
        exit: &Exit,
        evidence: Evidence,
    ) -> Vec<(ProxyId, Arc<ExitState>, Option<Duration>)> {
        let state = Arc::clone(&exit.state);
        let outcome = match evidence {
            Evidence::Works(latency) => Some(latency),
            Evidence::Fails => None,
            Evidence::MayFail if self.exits <= FEW => return vec![(exit.id, state, None)],
            Evidence::MayFail => {
                self.hold(exit.id, state);
                return Vec::new();
            }
        };
        self.is_frozen = false;
        let held = self.held.drain().map(|(id, state)| (id, state, None));
        held.chain([(exit.id, state, outcome)]).collect()
    }

    fn hold(&mut self, id: ProxyId, state: Arc<ExitState>) {
        if self.is_frozen {
            return;
        }
        self.held.insert(id, state);
        if self.held.len() >= self.exits {
            self.is_frozen = true;
            self.held.clear();
        }
    }
}

#[cfg(test)]
mod tests;
