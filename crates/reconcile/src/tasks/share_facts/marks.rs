//! Exits that hosts ban, and sessions that are to have others: found out here, or by peers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use cluster::{Mark, MarkBy};
use model::{ProjectId, ProxyId};
use rotation::{Marked, MarkedBy, Roster};
use tokio::time::Instant;

use super::AT_ONCE;

/// Between two looks for marks that are over.
const LOOK: Duration = Duration::from_secs(10);
/// Marks of this node that are remembered, to be told again; and those of peers that wait for their
/// project. More are told once, or lost.
const MOST: usize = 200_000;

pub(super) struct Marks {
    /// Those of our own.
    known: HashMap<Name, Marked>,
    /// Of which peers do not know these yet.
    unsaid: HashSet<Name>,
    /// Those of peers whose project is in no roster yet.
    waiting: HashMap<Name, Marked>,
    looked: Instant,
}

type Name = (ProjectId, MarkedBy, ProxyId);

// === impl Marks ===

impl Marks {
    pub(super) fn new() -> Self {
        let (known, unsaid, waiting) = (HashMap::new(), HashSet::new(), HashMap::new());
        Self { known, unsaid, waiting, looked: Instant::now() }
    }

    /// Requests of this node found it out.
    pub(super) fn saw(&mut self, marked: Marked) {
        let name = name(&marked);
        if self.known.len() < MOST || self.known.contains_key(&name) {
            self.known.insert(name.clone(), marked);
            self.unsaid.insert(name);
        }
    }

    /// What peers say; how much of it is news.
    pub(super) fn hear(&mut self, marks: &[Mark], roster: &Roster, now: Instant) -> usize {
        marks.iter().filter(|mark| self.hear_one(marked(mark, now), roster, now)).count()
    }

    fn hear_one(&mut self, marked: Marked, roster: &Roster, now: Instant) -> bool {
        match roster.project(marked.project) {
            Some(project) => project.learn(&marked, now),
            None if self.waiting.len() < MOST => {
                self.waiting.insert(name(&marked), marked).is_none()
            }
            None => false,
        }
    }

    /// There may be projects now that peers have spoken of before.
    pub(super) fn roster_changed(&mut self, roster: &Arc<Roster>, now: Instant) {
        self.waiting.retain(|_, marked| match roster.project(marked.project) {
            Some(project) => {
                project.learn(marked, now);
                false
            }
            None => marked.left(now).is_some(),
        });
    }

    /// Whatever of ours is not over.
    pub(super) fn tell_again(&mut self, now: Instant) {
        let again = self.known.iter().filter(|(_, marked)| marked.left(now).is_some());
        self.unsaid.extend(again.map(|(name, _)| name.clone()));
    }

    pub(super) fn has_unsaid(&self) -> bool {
        !self.unsaid.is_empty()
    }

    /// What peers are to be told.
    pub(super) fn unsaid(&self, now: Instant) -> Vec<Mark> {
        let marks = self.unsaid.iter().filter_map(|name| mark(self.known.get(name)?, now));
        marks.take(AT_ONCE).collect()
    }

    pub(super) fn said(&mut self, marks: &[Mark], now: Instant) {
        for one in marks {
            self.unsaid.remove(&name(&marked(one, now)));
        }
        let known = &self.known;
        self.unsaid.retain(|name| known.get(name).is_some_and(|mark| mark.left(now).is_some()));
    }

    /// Forgets what is over, now and then.
    pub(super) fn look(&mut self, now: Instant) {
        if now.duration_since(self.looked) < LOOK {
            return;
        }
        self.looked = now;
        self.known.retain(|_, marked| marked.left(now).is_some());
        self.said(&[], now);
    }
}

fn name(marked: &Marked) -> Name {
    (marked.project, marked.by.clone(), marked.exit)
}

fn mark(marked: &Marked, now: Instant) -> Option<Mark> {
    Some(Mark {
        project: marked.project,
        by: match &marked.by {
            MarkedBy::Host(host) => MarkBy::Host(host.clone()),
            MarkedBy::Session(session) => MarkBy::Session(session.to_string()),
        },
        exit: marked.exit,
        left: marked.left(now)?,
        times: marked.times,
        max_share: marked.max_share,
    })
}

fn marked(mark: &Mark, now: Instant) -> Marked {
    let by = match &mark.by {
        MarkBy::Host(host) => MarkedBy::Host(host.clone()),
        MarkBy::Session(session) => MarkedBy::Session(session.as_str().into()),
    };
    Marked::heard((mark.project, by, mark.exit), (mark.times, mark.max_share), mark.left, now)
}
