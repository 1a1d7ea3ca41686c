//! Sessions that are alive on this node, for people to see, and their end.

use std::time::Duration;

use compact_str::CompactString;
use model::place::Country;
use model::{ConnectorId, ProjectId, ProxyId};
use tokio::time::Instant;

use super::{Binding, Key, Sessions};

/// A session that is bound to an exit on this node. Times are as of when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alive {
    /// What the client calls it: 1-64 characters.
    pub session: CompactString,
    /// Its exit.
    pub exit: ProxyId,
    /// The exit's connector.
    pub connector: ConnectorId,
    /// Where the exit is.
    pub country: Option<Country>,
    /// For how long it has been bound to that exit, as far as this node knows.
    pub age: Duration,
    /// How long ago this node last used it, or heard that a peer has bound it.
    pub idle: Option<Duration>,
    /// How much longer it is bound, unless it is used again; `None`: for ever.
    pub left: Option<Duration>,
    /// Whether it is an exception, which peers have been told; all others follow from their names.
    pub is_told: bool,
}

impl Sessions {
    /// The sessions of a project that are alive on this node and `wanted`, in no order, without what
    /// rotates by itself. Looks at every session of the node, a 64th of them under one lock: not for
    /// a thread that others wait for.
    #[must_use]
    pub fn alive(
        &self,
        project: ProjectId,
        wanted: impl Fn(&str, ProxyId) -> bool,
        now: Instant,
    ) -> Vec<Alive> {
        let mut alive = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock();
            let seen = shard.bindings.values().filter_map(|binding| binding.seen(project, now));
            alive.extend(seen.filter(|seen| wanted(&seen.session, seen.exit)));
        }
        alive
    }

    /// Ends a session that is bound to `exit`: its next request is bound anew. Whether it was.
    pub fn end(&self, (project, session): (ProjectId, &str), exit: ProxyId, now: Instant) -> bool {
        let key = Key::new(project, session.as_bytes());
        let mut shard = self.shard(key).lock();
        let bound = shard.bindings.get_mut(&key.0).filter(|binding| !binding.has_ended(now));
        let Some(binding) = bound.filter(|binding| binding.bound.exit == exit) else {
            return false;
        };
        // It stays, as one that has been used up: what peers believe is known from it.
        binding.uses = Some(0);
        true
    }
}

impl Binding {
    /// What there is to see of a session of that project with a name, while it is alive.
    fn seen(&self, project: ProjectId, now: Instant) -> Option<Alive> {
        let name = self.name.as_ref().filter(|name| name.project == project)?;
        if name.session.contains(' ') || self.has_ended(now) {
            return None;
        }
        let idles = self.idle.map(|(idle, used)| used + idle);
        let ends = [self.ends, idles].into_iter().flatten().min();
        Some(Alive {
            session: name.session.clone(),
            exit: self.bound.exit,
            connector: self.bound.connector,
            country: self.bound.country,
            age: now.saturating_duration_since(self.since),
            idle: self.idle.map(|(_, used)| now.saturating_duration_since(used)),
            left: ends.map(|ends| ends.saturating_duration_since(now)),
            is_told: self.told.is_some(),
        })
    }
}
