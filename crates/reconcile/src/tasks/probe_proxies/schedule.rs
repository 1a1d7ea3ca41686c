//! When each exit is asked next: a heap of times, so that nobody has to look at all of them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use model::project::ProjectSpec;
use model::{ProjectId, ProxyId};
use rotation::Exit;
use tokio::time::Instant;

/// An exit that is new is asked within this time, or its interval if that is shorter.
const SOON: Duration = Duration::from_mins(1);

/// When each exit is asked next.
#[derive(Default)]
pub(super) struct Schedule {
    planned: HashMap<ProxyId, Planned>,
    /// May name times that have been given up: `planned` says which one counts.
    due: BinaryHeap<Reverse<(Instant, ProxyId)>>,
}

/// An exit that is asked.
#[derive(Clone)]
pub(super) struct Planned {
    pub(super) exit: Arc<Exit>,
    pub(super) spec: Arc<ProjectSpec>,
    /// `None`: it is being asked.
    due: Option<Instant>,
}

impl Planned {
    pub(super) fn new(exit: &Arc<Exit>, spec: &Arc<ProjectSpec>) -> Self {
        Self { exit: Arc::clone(exit), spec: Arc::clone(spec), due: None }
    }

    fn interval(&self) -> Duration {
        self.spec.health_check_interval
    }
}

impl Schedule {
    /// From now on these are the exits that are asked. One that was asked already keeps its time,
    /// unless it is reached in another way or at another pace now; others begin at a time that
    /// `chance` (0-1) chooses, so that they do not come all at once.
    pub(super) fn plan(
        &mut self,
        exits: impl Iterator<Item = Planned>,
        now: Instant,
        chance: impl Fn() -> f32,
    ) {
        let mut before = std::mem::take(&mut self.planned);
        for mut next in exits {
            let known = before.remove(&next.exit.id);
            let kept = known.as_ref().filter(|known| {
                known.interval() == next.interval() && known.exit.endpoint == next.exit.endpoint
            });
            let is_asked = known.as_ref().is_some_and(|known| known.due.is_none());
            next.due = match kept {
                Some(kept) => kept.due,
                None if is_asked => None,
                None => Some(now + next.interval().min(SOON).mul_f32(chance())),
            };
            if let Some(due) = next.due.filter(|_| kept.is_none()) {
                self.due.push(Reverse((due, next.exit.id)));
            }
            self.planned.insert(next.exit.id, next);
        }
    }

    /// An exit whose time has come. It is not due again before [`Schedule::again`].
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Planned> {
        while self.next_due()? <= now {
            let Reverse((_, id)) = self.due.pop()?;
            if let Some(planned) = self.planned.get_mut(&id) {
                planned.due = None;
                return Some(planned.clone());
            }
        }
        None
    }

    /// An exit has been asked: the next time is one interval later, a fifth more or less.
    pub(super) fn again(&mut self, id: ProxyId, now: Instant, chance: impl Fn() -> f32) {
        if let Some(planned) = self.planned.get_mut(&id)
            && planned.due.is_none()
        {
            let due = now + planned.interval().mul_f32(0.8 + 0.4 * chance());
            planned.due = Some(due);
            self.due.push(Reverse((due, id)));
        }
    }

    /// The next time that counts; those before it that do not are thrown away.
    pub(super) fn next_due(&mut self) -> Option<Instant> {
        loop {
            let Reverse((due, id)) = *self.due.peek()?;
            if self.planned.get(&id).is_some_and(|planned| planned.due == Some(due)) {
                return Some(due);
            }
            self.due.pop();
        }
    }

    pub(super) fn has(&self, exit: ProxyId) -> bool {
        self.planned.contains_key(&exit)
    }

    pub(super) fn len(&self) -> usize {
        self.planned.len()
    }

    pub(super) fn exits(&self) -> impl Iterator<Item = &Arc<Exit>> {
        self.planned.values().map(|planned| &planned.exit)
    }

    pub(super) fn count_by_project(&self) -> HashMap<ProjectId, usize> {
        let mut counts = HashMap::new();
        for exit in self.exits() {
            *counts.entry(exit.connector.project).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
pub(super) mod tests;
