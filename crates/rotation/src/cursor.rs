//! Whose turn it is, kept from one picture of the configuration to the next.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;

use crate::table::Map;

/// Cursors that are remembered by name.
const MOST_CURSORS: usize = 512;

/// The position whose turn is next, in something that is gone round.
#[derive(Debug, Default)]
pub(crate) struct Cursor(AtomicUsize);

/// Cursors by name. A picture that replaces another goes on where that one was: were each to begin
/// anew, the first exits would carry most of a pool that changes often.
#[derive(Debug)]
pub(crate) struct Cursors<K>(RwLock<Map<K, Arc<Cursor>>>);

/// The position in something of this length, where behind the last comes the first. A turn mostly
/// follows the one before it, and a division costs as much as a dozen steps of a choice.
pub(crate) fn rounded(position: usize, length: usize) -> usize {
    if position < length { position } else { position % length }
}

// === impl Cursor ===

impl Cursor {
    /// One at the same position.
    pub(crate) fn apart(&self) -> Self {
        Self(AtomicUsize::new(self.0.load(Ordering::Relaxed)))
    }

    /// Takes the next turn: the first position from the cursor on that `find` likes. The cursor
    /// goes behind it, so that those who cannot take their turns give them to all others alike.
    pub(crate) fn take(&self, find: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        let mut cursor = self.0.load(Ordering::Relaxed);
        loop {
            let position = find(cursor)?;
            let (relaxed, next) = (Ordering::Relaxed, position + 1);
            match self.0.compare_exchange_weak(cursor, next, relaxed, relaxed) {
                Ok(_) => return Some(position),
                Err(moved) => cursor = moved,
            }
        }
    }
}

// === impl Cursors ===

impl<K> Default for Cursors<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Hash + Eq + Clone> Cursors<K> {
    /// The cursor of that name.
    pub(crate) fn get(&self, name: &K) -> Arc<Cursor> {
        if let Some(cursor) = self.0.read().get(name) {
            return Arc::clone(cursor);
        }
        let mut cursors = self.0.write();
        if cursors.len() >= MOST_CURSORS {
            cursors.clear();
        }
        Arc::clone(cursors.entry(name.clone()).or_default())
    }
}
