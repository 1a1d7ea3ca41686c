//! Bindings that other nodes would not find by themselves, and have to be told.

use std::time::Duration;

use compact_str::CompactString;
use model::place::Country;
use model::{ConnectorId, ProjectId, ProxyId, Revision};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Binding, Bound, Key, MOST_UNTOLD, Sessions};

/// A session that is bound to another exit than the one that its key alone would choose among all
/// that are intended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Whose session it is.
    pub project: ProjectId,
    /// Its name; one with a blank in it is that of a rotation.
    pub session: CompactString,
    /// The exit.
    pub exit: ProxyId,
    /// The exit's connector.
    pub connector: ConnectorId,
    /// Where the exit is.
    pub country: Option<Country>,
    /// How much longer it is bound at most.
    pub ttl: Option<Duration>,
    /// How long it stays bound without being used.
    pub idle: Option<Duration>,
    /// What it was bound to before.
    pub replaces: Option<ProxyId>,
}

/// The project of a session, and what the client calls it.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) project: ProjectId,
    pub(crate) session: CompactString,
}

// === impl Sessions ===

impl Sessions {
    /// Exceptions from now on, for whoever tells peers; up to 16,384 wait, and more are not told
    /// this time. Until somebody has asked for them none are made. `None`: somebody has already.
    #[must_use]
    pub fn exceptions(&self) -> Option<mpsc::Receiver<Exception>> {
        let (sender, receiver) = mpsc::channel(MOST_UNTOLD);
        self.untold.set(sender).is_ok().then_some(receiver)
    }

    /// Binds a session as a peer says, whatever it is bound to here.
    pub fn learn(&self, told: &Exception, now: Instant) {
        if told.ttl == Some(Duration::ZERO) {
            return;
        }
        let name = Name { project: told.project, session: told.session.clone() };
        let key = Key::new(name.project, name.session.as_bytes());
        let (exit, connector, country) = (told.exit, told.connector, told.country);
        let binding = Binding {
            bound: Bound { exit, connector, country },
            ends: told.ttl.map(|ttl| now + ttl),
            idle: told.idle.map(|idle| (idle, now)),
            uses: None,
            checked: Revision(0),
            since: now,
            name: Some(Box::new(name)),
            told: Some(now),
        };
        self.shard(key).lock().insert(key, binding, now);
    }

    /// For peers that have forgotten: the exceptions in the `part`th part of the table that they
    /// were told `before`, and not since. `None`: there is no such part.
    #[must_use]
    pub fn exceptions_again(
        &self,
        part: usize,
        before: Instant,
        now: Instant,
    ) -> Option<Vec<Exception>> {
        let mut shard = self.shards.get(part)?.lock();
        let live = shard.bindings.values_mut().filter(|binding| !binding.has_ended(now));
        let due = live.filter(|binding| binding.told.is_some_and(|at| at < before));
        Some(due.filter_map(|binding| binding.tell(None, now)).collect())
    }

    /// A session goes on with its exit in a new picture of its project. Where the key would choose
    /// another one there, it has become an exception.
    pub(crate) fn check(
        &self,
        (key, exit): (Key, ProxyId),
        (picture, is_home): (Revision, bool),
        now: Instant,
    ) {
        let mut shard = self.shard(key).lock();
        let binding = shard.bindings.get_mut(&key.0).filter(|binding| binding.bound.exit == exit);
        let Some(binding) = binding else { return };
        binding.checked = picture;
        if is_home || binding.told.is_some() {
            return;
        }
        binding.told = Some(now);
        self.tell(binding.tell(None, now));
    }

    /// Whether anybody tells peers.
    pub(crate) fn has_peers(&self) -> bool {
        self.untold.get().is_some()
    }

    pub(super) fn tell(&self, exception: Option<Exception>) {
        if let (Some(untold), Some(exception)) = (self.untold.get(), exception) {
            // A hint: while there is no room for it, it is lost.
            untold.try_send(exception).ok();
        }
    }
}

// === impl Binding ===

impl Binding {
    /// Half of the time in which the session may be silent is over since peers heard of it.
    pub(super) fn is_to_be_told_again(&self, now: Instant) -> bool {
        match (self.told, self.idle) {
            (Some(at), Some((idle, _))) => at + idle / 2 <= now,
            _ => false,
        }
    }

    /// What to tell peers now; `None`: they need not be told.
    pub(super) fn tell(&mut self, replaces: Option<ProxyId>, now: Instant) -> Option<Exception> {
        let (name, at) = (self.name.as_ref()?, self.told.as_mut()?);
        *at = now;
        Some(Exception {
            project: name.project,
            session: name.session.clone(),
            exit: self.bound.exit,
            connector: self.bound.connector,
            country: self.bound.country,
            ttl: self.ends.map(|ends| ends.saturating_duration_since(now)),
            idle: self.idle.map(|(idle, _)| idle),
            replaces,
        })
    }
}
