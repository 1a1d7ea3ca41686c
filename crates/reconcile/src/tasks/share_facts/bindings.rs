//! Sessions that are bound to other exits than peers would choose.

use std::sync::Arc;

use cluster::{Binding, Mark, MarkBy};
use rotation::{Exception, Sessions};
use tokio::time::Instant;

use super::AT_ONCE;

pub(super) struct Bindings {
    sessions: Arc<Sessions>,
    unsaid: Vec<Binding>,
    /// All are told again: which part of the table is next, and when that was begun.
    again: Option<(usize, Instant)>,
}

// === impl Bindings ===

impl Bindings {
    pub(super) fn new(sessions: Arc<Sessions>) -> Self {
        Self { sessions, unsaid: Vec::new(), again: None }
    }

    /// A session of this node is an exception.
    pub(super) fn saw(&mut self, exception: Exception) {
        self.unsaid.push(binding(exception));
    }

    /// What peers say, or what they said first; how much it is.
    pub(super) fn hear(&self, bindings: &[Binding], now: Instant) -> usize {
        for binding in bindings {
            self.sessions.learn(&exception(binding), now);
        }
        bindings.len()
    }

    /// Sessions that are to have other exits are no longer bound to those.
    pub(super) fn hear_marks(&self, marks: &[Mark], now: Instant) {
        for Mark { project, by, exit, .. } in marks {
            if let MarkBy::Session(session) = by {
                self.sessions.end((*project, session), *exit, now);
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.unsaid.len() >= AT_ONCE
    }

    pub(super) fn has_more(&self) -> bool {
        !self.unsaid.is_empty() || self.again.is_some()
    }

    /// Everything, from the beginning. What is told meanwhile, by whomever, is not told twice.
    pub(super) fn tell_again(&mut self, now: Instant) {
        self.again = Some((0, now));
    }

    /// Nobody can be told now. What was seen is in the table, and is told when all of that is.
    pub(super) fn put_off(&mut self, now: Instant) {
        if !self.unsaid.is_empty() {
            self.unsaid.clear();
            self.tell_again(now);
        }
    }

    /// What peers are to be told next.
    pub(super) fn next(&mut self, now: Instant) -> Vec<Binding> {
        if !self.unsaid.is_empty() {
            return std::mem::take(&mut self.unsaid);
        }
        while let Some((part, before)) = self.again {
            let some = self.sessions.exceptions_again(part, before, now);
            self.again = some.is_some().then_some((part + 1, before));
            if let Some(some) = some.filter(|some| !some.is_empty()) {
                return some.into_iter().map(binding).collect();
            }
        }
        Vec::new()
    }
}

fn binding(exception: Exception) -> Binding {
    Binding {
        project: exception.project,
        session: exception.session.into(),
        exit: exception.exit,
        connector: exception.connector,
        country: exception.country,
        ttl: exception.ttl,
        idle: exception.idle,
        replaces: exception.replaces,
    }
}

fn exception(binding: &Binding) -> Exception {
    Exception {
        project: binding.project,
        session: binding.session.as_str().into(),
        exit: binding.exit,
        connector: binding.connector,
        country: binding.country,
        ttl: binding.ttl,
        idle: binding.idle,
        replaces: binding.replaces,
    }
}
