//! Where a session belongs: the exit that its key alone chooses, which every node finds by itself.

use model::ProxyId;
use tokio::time::Instant;

use super::{Affinity, Candidates};
use crate::sessions::{Bound, Key, Name, Telling};
use crate::strategy;

impl Candidates {
    /// Whether the request belongs to a session or a rotation: that its exit is slower than usual is
    /// no reason to use another one. The session may be bound on a peer even if it is not here.
    #[must_use]
    pub fn is_tied(&self) -> bool {
        self.affinity.is_some()
    }

    /// The exit that the key chooses among all that are intended, whether or not they work and
    /// whatever the target: what nodes know differently must not count. It is the one that the
    /// session is given, unless something speaks against it just now.
    fn home(&self) -> Option<ProxyId> {
        let Affinity { key, .. } = self.affinity.filter(|affinity| affinity.decides)?;
        let lane = self.project.lanes.by_key(self.plan().open(), key)?;
        let pool = self.pool(lane);
        let place = strategy::home(pool, self.list(lane), key)?;
        Some(pool.exits[place].id)
    }

    /// What peers and operators call what ties the request to its exit.
    pub(super) fn name(&self) -> Option<Name> {
        let session = self.session.as_ref().or(self.rotation.as_ref())?.clone();
        Some(Name { project: self.project.id, session })
    }

    /// Looks once in each picture of the project whether a bound session is still where it belongs.
    pub(super) fn check(&self, key: Key, bound: &Bound, now: Instant) {
        let is_home = self.home() == Some(bound.exit);
        let picture = (self.project.revision, is_home);
        self.sessions.check((key, bound.exit), picture, now);
    }

    /// How peers learn that the session is bound to this exit; `None`: there are none.
    pub(super) fn telling(&self, exit: ProxyId) -> Option<Box<Telling>> {
        if !self.sessions.has_peers() || (self.session.is_none() && self.rotation.is_none()) {
            return None;
        }
        let (checked, outlived) = (self.project.revision, self.outlived);
        let is_home = self.home() == Some(exit);
        Some(Box::new(Telling { is_home, checked, outlived }))
    }
}
