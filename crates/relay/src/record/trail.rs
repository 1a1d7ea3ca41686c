//! What people want to see of a request besides what is counted.

use model::exchange::FailedAttempt;
use rotation::{Ask, Candidates};

use super::Record;
use crate::attempt::Ways;

/// Bytes of a method that are kept.
const LONGEST_METHOD: usize = 32;

impl Record {
    /// How the client asks; of a word that no server knows the beginning is enough.
    pub(crate) fn method(&mut self, method: &str) {
        let method = method.get(..LONGEST_METHOD).unwrap_or(method);
        self.write(|exchange| exchange.trail.method = method.into());
    }

    /// An exit is looked for.
    pub(crate) fn asks(&mut self, ask: &Ask) {
        self.write(|exchange| exchange.trail.session.clone_from(&ask.wish.session));
    }

    /// There are exits for it.
    pub(crate) fn chosen(&mut self, ask: &Ask, candidates: &Candidates) {
        if ask.wish.debug {
            self.write(|exchange| exchange.trail.why = Some(candidates.why().into()));
        }
    }

    /// The race is over.
    pub(crate) fn tried(&mut self, ways: &mut Ways) {
        let failed = ways.failed();
        if failed.is_empty() {
            return;
        }
        let begun = self.begun;
        let attempts = failed.into_iter().map(|failed| FailedAttempt {
            exit: failed.exit,
            error: failed.error,
            after: failed.begun - begun,
            took: failed.took,
        });
        self.write(|exchange| exchange.trail.failed.extend(attempts));
    }
}
