//! Which exit a session is bound to, and until when.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use model::place::Country;
use model::{ConnectorId, ProjectId, ProxyId};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::rendezvous;

/// Parts of the table that are locked apart.
const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 6;
/// Bindings that one part holds; beyond it the ones that end first go first.
const MOST_IN_SHARD: usize = 1_000_000 / SHARDS;
/// Bindings looked at when a new one is made, to find ended ones.
const SWEEP: usize = 4;

/// The bindings of all sessions on this node.
#[derive(Debug)]
pub struct Sessions {
    shards: Box<[Mutex<Shard>]>,
}

#[derive(Debug, Default)]
struct Shard {
    bindings: HashMap<u128, Binding>,
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
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Sessions {
    /// What a session is bound to, if anything; counts as a use.
    pub(crate) fn find(&self, key: Key, now: Instant) -> Option<Bound> {
        let mut shard = self.shard(key).lock();
        // One that has ended stays where it is, for the sweep: each key stands in the order once.
        let binding = shard.bindings.get_mut(&key.0).filter(|binding| !binding.has_ended(now))?;
        binding.used(now);
        Some(binding.bound)
    }

    /// The exit that a session had for as long as it was to have one: what follows is another.
    pub(crate) fn outlived(&self, key: Key, now: Instant) -> Option<ProxyId> {
        let shard = self.shard(key).lock();
        let binding = shard.bindings.get(&key.0)?;
        let is_over = binding.ends.is_some_and(|ends| ends <= now) || binding.uses == Some(0);
        is_over.then_some(binding.bound.exit)
    }

    /// Binds a session that was `found` bound to another exit, or to none. Of requests that bind
    /// it at once the first one wins, and the others change nothing.
    pub(crate) fn bind(
        &self,
        key: Key,
        (found, bound): (Option<ProxyId>, Bound),
        terms: Terms,
        now: Instant,
    ) {
        let mut shard = self.shard(key).lock();
        let live = shard.bindings.get(&key.0).filter(|binding| !binding.has_ended(now));
        if live.is_some_and(|binding| Some(binding.bound.exit) != found) {
            return;
        }
        shard.sweep(now);
        let binding = Binding {
            bound,
            ends: terms.ttl.map(|ttl| now + ttl),
            idle: terms.idle.map(|idle| (idle, now)),
            uses: terms.uses.map(|uses| uses.get() - 1),
        };
        if shard.bindings.insert(key.0, binding).is_none() {
            shard.order.push_back(key.0);
        }
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
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn key(name: &str) -> Key {
        Key::new("0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap(), name.as_bytes())
    }

    fn exit() -> Bound {
        Bound { exit: ProxyId::new(), connector: ConnectorId::default(), country: None }
    }

    fn terms(ttl: Option<Duration>, idle: Option<Duration>, uses: Option<u32>) -> Terms {
        Terms { ttl, idle, uses: uses.and_then(NonZeroU32::new) }
    }

    #[test]
    fn a_binding_slides_with_its_uses_and_ends_with_its_ttl() {
        let (sessions, key, exit, begun) = (Sessions::default(), key("a"), exit(), Instant::now());
        sessions.bind(key, (None, exit), terms(Some(MINUTE * 3), Some(MINUTE), None), begun);
        for half_minutes in 1..=5 {
            let now = begun + MINUTE / 2 * half_minutes;
            assert_eq!(sessions.find(key, now), Some(exit), "{half_minutes}");
        }
        assert_eq!(sessions.find(key, begun + MINUTE * 3), None);
        let begun = begun + MINUTE * 3;
        sessions.bind(key, (None, exit), terms(None, Some(MINUTE), None), begun);
        assert_eq!(sessions.find(key, begun + MINUTE), None);
    }

    #[test]
    fn a_binding_of_three_uses_is_found_twice_more() {
        let (sessions, key, now) = (Sessions::default(), key("a"), Instant::now());
        sessions.bind(key, (None, exit()), terms(None, None, Some(3)), now);
        assert!(sessions.find(key, now).is_some());
        assert!(sessions.find(key, now).is_some());
        assert!(sessions.find(key, now).is_none());
    }

    #[test]
    fn of_two_that_bind_at_once_the_first_one_wins() {
        let (sessions, key, now) = (Sessions::default(), key("a"), Instant::now());
        let (first, second, third) = (exit(), exit(), exit());
        let terms = terms(None, Some(MINUTE), None);
        sessions.bind(key, (None, first), terms, now);
        sessions.bind(key, (None, second), terms, now);
        assert_eq!(sessions.find(key, now), Some(first));
        sessions.bind(key, (Some(first.exit), second), terms, now);
        sessions.bind(key, (Some(first.exit), third), terms, now);
        assert_eq!(sessions.find(key, now), Some(second));
    }

    #[test]
    fn ended_bindings_do_not_pile_up() {
        let (sessions, begun) = (Sessions::default(), Instant::now());
        for number in 0..20_000u32 {
            let now = begun + Duration::from_secs(u64::from(number));
            let key = key(&number.to_string());
            sessions.bind(key, (None, exit()), terms(None, Some(MINUTE), None), now);
        }
        assert!(sessions.len() < 2_000, "{}", sessions.len());
    }

    #[test]
    fn a_key_that_is_bound_again_and_again_stands_in_the_order_once() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        for round in 0..100 {
            for name in 0..500 {
                let key = key(&name.to_string());
                assert!(round == 0 || sessions.find(key, now).is_some());
                assert!(sessions.find(key, now).is_none());
                sessions.bind(key, (None, exit()), terms(None, None, Some(2)), now);
            }
        }
        let ordered: usize = sessions.shards.iter().map(|shard| shard.lock().order.len()).sum();
        assert_eq!(ordered, sessions.len());
    }
}
