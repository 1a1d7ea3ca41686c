//! How nodes share the limits of exits, and which exits want tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::roster::Exit;

/// Exits that may want tokens at a time; those beyond it ask again.
const MOST_WANTING: usize = 100_000;

/// How nodes share the limits of exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// There is nobody to share with: this node keeps limits by itself, exactly.
    Alone,
    /// Tokens are handed out, and nothing starts without one.
    Tokens,
    /// Nobody hands out tokens now: each of so many nodes takes its part of every limit. The parts
    /// of all of them together are the limit.
    Away {
        /// How many nodes there are: at least one.
        nodes: u16,
        /// Which of them this one is, counted from 0.
        position: u16,
    },
}

/// How this node shares, and the exits that want tokens. One for the node; requests read the first
/// and add to the second, a task does the rest.
#[derive(Debug, Default)]
pub struct Allotments {
    sharing: AtomicU64,
    wanting: Mutex<Vec<Arc<Exit>>>,
    wake: Notify,
}

// === impl Sharing ===

impl Sharing {
    /// This node's part of a limit while nobody hands out tokens; what does not divide evenly goes to
    /// other nodes for each `salt`.
    pub(crate) fn part(self, limit: u32, salt: u32) -> u32 {
        let Self::Away { nodes, position } = self else { return limit };
        let nodes = u32::from(nodes.max(1));
        let turn = (u32::from(position) + salt % nodes) % nodes;
        limit / nodes + u32::from(turn < limit % nodes)
    }

    fn to_bits(self) -> u64 {
        match self {
            Self::Alone => 0,
            Self::Tokens => 1,
            Self::Away { nodes, position } => {
                u64::from(nodes) << 32 | u64::from(position) << 16 | 2
            }
        }
    }

    fn from_bits(bits: u64) -> Self {
        let part = |shift: u32| u16::try_from(bits >> shift & 0xffff).unwrap_or_default();
        match bits & 0xffff {
            0 => Self::Alone,
            1 => Self::Tokens,
            _ => Self::Away { nodes: part(32), position: part(16) },
        }
    }
}

// === impl Allotments ===

impl Allotments {
    /// From now on limits are shared like this.
    pub fn share(&self, sharing: Sharing) {
        self.sharing.store(sharing.to_bits(), Ordering::Relaxed);
    }

    /// How limits are shared now.
    #[must_use]
    pub fn sharing(&self) -> Sharing {
        Sharing::from_bits(self.sharing.load(Ordering::Relaxed))
    }

    /// Waits until a request waits for tokens. Exits that run low want some all the same, and are
    /// better asked for together.
    pub async fn hurried(&self) {
        self.wake.notified().await;
    }

    /// The exits that want tokens, who from now on are somebody's to ask for.
    #[must_use]
    pub fn take_wanting(&self) -> Vec<Arc<Exit>> {
        std::mem::take(&mut *self.wanting.lock())
    }

    pub(crate) fn want(&self, exit: &Arc<Exit>) {
        let mut wanting = self.wanting.lock();
        if wanting.len() < MOST_WANTING {
            wanting.push(Arc::clone(exit));
        }
    }

    pub(crate) fn hurry(&self) {
        self.wake.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_all_nodes_are_the_limit() {
        let parts = |limit: u32, nodes: u16, salt: u32| -> u32 {
            (0..nodes).map(|position| Sharing::Away { nodes, position }.part(limit, salt)).sum()
        };
        for (limit, salt) in [1, 2, 3, 100, 101, 1_000].into_iter().zip(0..) {
            for nodes in 1..=5 {
                assert_eq!(parts(limit, nodes, salt), limit, "{limit} by {nodes}, {salt}");
            }
        }
    }

    #[test]
    fn what_is_set_is_read() {
        let allotments = Allotments::default();
        assert_eq!(allotments.sharing(), Sharing::Alone);
        for sharing in [Sharing::Tokens, Sharing::Away { nodes: 3, position: 2 }, Sharing::Alone] {
            allotments.share(sharing);
            assert_eq!(allotments.sharing(), sharing);
        }
    }
}
