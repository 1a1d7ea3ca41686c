//! Which exit a session is bound to, and until when.

use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::Duration;

use model::place::Country;
use model::{ConnectorId, ProjectId, ProxyId, Revision};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::rendezvous;
use crate::table::Map;

mod exception;
mod alive;

pub use alive::Alive;
pub use exception::Exception;
pub(crate) use exception::Name;

/// Parts of the table that are locked apart.
const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 6;
/// Bindings that one part holds; beyond it the ones that end first go first.
const MOST_IN_SHARD: usize = 1_000_000 / SHARDS;
/// Bindings looked at when a new one is made, to find ended ones.
const SWEEP: usize = 4;
/// Exceptions that may wait to be told; more are not told until their sessions are used again.
const MOST_UNTOLD: usize = 16_384;

/// The bindings of all sessions on this node.
#[derive(Debug)]
pub struct Sessions {
    shards: Box<[Mutex<Shard>]>,
    /// Whoever tells other nodes, if anybody does.
    untold: OnceLock<mpsc::Sender<Exception>>,
}

#[derive(Debug, Default)]
struct Shard {
    bindings: Map<u128, Binding>,
    /// Keys in the order of their binding, for the sweep.
    order: std::collections::VecDeque<u128>,
}

/// What a session is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) exit: ProxyId,
    pub(crate) connector: ConnectorId,
    pub(crate) country: Option<Country>,
}

#[derive(Debug)]
struct Binding {
    bound: Bound,
    ends: Option<Instant>,
    idle: Option<(Duration, Instant)>,
    /// Requests it is still good for.
    uses: Option<u32>,
    /// The picture of its project in which it was last compared with the choice of the key.
    checked: Revision,
    since: Instant,
    /// What peers and operators call it; `None`: it is this node's business alone.
    name: Option<Box<Name>>,
    /// When peers were last told, of one that they have to be told; all others they find by
    /// themselves.
    told: Option<Instant>,
}

/// How a session is to be bound.
#[derive(Debug)]
pub(crate) struct Binds {
    pub(crate) key: Key,
    pub(crate) terms: Terms,
    /// What it was bound to when the request came.
    pub(crate) found: Option<ProxyId>,
    pub(crate) name: Option<Name>,
    /// How it is told, where there are peers to tell.
    pub(crate) telling: Option<Box<Telling>>,
}

/// How a binding is told.
#[derive(Debug)]
pub(crate) struct Telling {
    /// Whether peers would choose the same exit, in this picture of the project.
    pub(crate) is_home: bool,
    pub(crate) checked: Revision,
    /// The exit that the session had until its time was over.
    pub(crate) outlived: Option<ProxyId>,
}

/// How long a binding lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) ttl: Option<Duration>,
    pub(crate) idle: Option<Duration>,
    /// Requests it is good for, the one that bound it included.
    pub(crate) uses: Option<NonZeroU32>,
}

/// A session of a project, as one number: two that collide in 128 bits are not expected in the
/// lifetime of the universe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(u128);

// === impl Key ===

impl Key {
    pub(crate) fn new(project: ProjectId, name: &[u8]) -> Self {
        let seed = rendezvous::hash(1, project.uuid().as_bytes());
        let high = u128::from(rendezvous::hash(seed, name));
        Self(high << 64 | u128::from(rendezvous::hash(!seed, name)))
    }

    /// A hash for choices that depend on the session alone.
    pub(crate) fn hash(self, seed: u64) -> u64 {
        rendezvous::hash(seed, &self.0.to_le_bytes())
    }
}

// === impl Sessions ===

impl Default for Sessions {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, untold: OnceLock::new() }
    }
}

impl Sessions {
    /// What a session is bound to, if anything; counts as a use. And whether it has still to be
    /// [checked](Self::check) in this picture of its project.
    pub(crate) fn find(&self, key: Key, picture: Revision, now: Instant) -> Option<(Bound, bool)> {
        let mut shard = self.shard(key).lock();
        // One that has ended stays where it is, for the sweep: each key stands in the order once.
        let binding = shard.bindings.get_mut(&key.0).filter(|binding| !binding.has_ended(now))?;
        binding.used(now);
        if binding.is_to_be_told_again(now) {
            self.tell(binding.tell(None, now));
        }
        let is_unchecked = binding.checked != picture && binding.told.is_none();
        Some((binding.bound, is_unchecked && self.has_peers()))
    }

    /// What a session is bound to, if anything, which is no use of it.
    pub(crate) fn look(&self, key: Key, now: Instant) -> Option<Bound> {
        let shard = self.shard(key).lock();
        let binding = shard.bindings.get(&key.0).filter(|binding| !binding.has_ended(now))?;
        Some(binding.bound)
    }

    /// The exit that a session had for as long as it was to have one: what follows is another.
    pub(crate) fn outlived(&self, key: Key, now: Instant) -> Option<ProxyId> {
        let shard = self.shard(key).lock();
        let binding = shard.bindings.get(&key.0)?;
        let is_over = binding.ends.is_some_and(|ends| ends <= now) || binding.uses == Some(0);
        is_over.then_some(binding.bound.exit)
    }

    /// Binds a session. Of requests that bind one at once the first one wins, and the others
    /// change nothing.
    pub(crate) fn bind(&self, binds: &Binds, bound: Bound, now: Instant) {
        let Binds { key, terms, found, name, telling } = binds;
        let mut shard = self.shard(*key).lock();
        let old = shard.bindings.get(&key.0);
        let live = old.filter(|binding| !binding.has_ended(now));
        if live.is_some_and(|binding| Some(binding.bound.exit) != *found) {
            return;
        }
        // Peers may still believe in what they were told, when it has ended here.
        let believed = old.filter(|old| old.told.is_some()).map(|old| old.bound.exit);
        let mut binding = Binding {
            bound,
            ends: terms.ttl.map(|ttl| now + ttl),
            idle: terms.idle.map(|idle| (idle, now)),
            uses: terms.uses.map(|uses| uses.get() - 1),
            checked: telling.as_ref().map_or(Revision(0), |telling| telling.checked),
            since: now,
            name: name.clone().map(Box::new),
            told: None,
        };
        if let Some(Telling { is_home, outlived, .. }) = telling.as_deref() {
            let replaces = found.or(*outlived).or(believed).filter(|old| *old != bound.exit);
            if !is_home || replaces.is_some() {
                binding.told = Some(now);
                self.tell(binding.tell(replaces, now));
            }
        }
        shard.insert(*key, binding, now);
    }

    /// How many sessions are bound, ended ones that nobody has looked at included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().bindings.len()).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, key: Key) -> &Mutex<Shard> {
        // The highest bits, since the table of the shard goes by the lowest.
        &self.shards[(key.0 >> (128 - SHARD_BITS)) as usize]
    }
}

// === impl Shard ===

impl Shard {
    fn insert(&mut self, key: Key, binding: Binding, now: Instant) {
        self.sweep(now);
        if self.bindings.insert(key.0, binding).is_none() {
            self.order.push_back(key.0);
        }
    }

    /// Looks at the oldest few, and makes room when there is none.
    fn sweep(&mut self, now: Instant) {
        for _ in 0..SWEEP {
            let Some(oldest) = self.order.pop_front() else { return };
            let is_live = self.bindings.get(&oldest).is_some_and(|b| !b.has_ended(now));
            if is_live && self.bindings.len() < MOST_IN_SHARD {
                self.order.push_back(oldest);
            } else {
                self.bindings.remove(&oldest);
            }
        }
    }
}

// === impl Binding ===

impl Binding {
    fn has_ended(&self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
            || self.idle.is_some_and(|(idle, used)| used + idle <= now)
            || self.uses == Some(0)
    }

    fn used(&mut self, now: Instant) {
        if let Some((_, used)) = &mut self.idle {
            *used = now;
        }
        self.uses = self.uses.map(|uses| uses.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests;
