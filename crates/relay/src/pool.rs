//! Connections to exits that are kept between requests.
//!
//! A connection is used again only for the same exit (in the same version, so with the same
//! login), the same session and, where it is a tunnel, the same target: an exit may tie what it
//! does to any of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use compact_str::CompactString;
use model::ProxyId;
use model::target::Target;
use parking_lot::Mutex;
use rotation::Exit;
use tokio::time::Instant;

/// What makes two connections alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) exit: ProxyId,
    pub(crate) session: Option<CompactString>,
    /// Only where the connection is a tunnel to it.
    pub(crate) target: Option<Target>,
}

/// A connection to an exit, and what has been read from it already.
pub(crate) struct Upstream {
    pub(crate) stream: dial::Stream,
    pub(crate) input: BytesMut,
    pub(crate) key: Key,
    /// The exit as it was when the connection was opened.
    pub(crate) exit: Arc<Exit>,
    /// Whether it has carried a request before.
    pub(crate) is_reused: bool,
}

struct Kept {
    upstream: Upstream,
    since: Instant,
}

/// The kept connections of one core.
pub(crate) struct Pool {
    per_key: usize,
    most: usize,
    idle: Duration,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    kept: HashMap<Key, Vec<Kept>>,
    count: usize,
}

impl Pool {
    /// Keeps so many that are alike, and so many at `most`: who asks for another session with each
    /// request would have the node keep more than it may have open.
    pub(crate) fn new(per_key: usize, most: usize, idle: Duration) -> Self {
        Self { per_key, most, idle, shelf: Mutex::default() }
    }

    /// Takes the connection that was kept last and not longer than `at_most` ago.
    pub(crate) fn take(
        &self,
        key: &Key,
        exit: &Arc<Exit>,
        now: Instant,
        at_most: Duration,
    ) -> Option<Upstream> {
        let at_most = at_most.min(self.idle);
        let Shelf { kept, count } = &mut *self.shelf.lock();
        let connections = kept.get_mut(key)?;
        while let Some(Kept { upstream, since }) = connections.pop() {
            *count -= 1;
            if now - since <= at_most && Arc::ptr_eq(&upstream.exit, exit) {
                return Some(upstream);
            }
        }
        None
    }

    /// Keeps a connection on which nothing is under way, unless there are enough.
    pub(crate) fn keep(&self, mut upstream: Upstream, now: Instant) {
        if !upstream.input.is_empty() || self.per_key == 0 {
            return;
        }
        upstream.input = BytesMut::new();
        upstream.is_reused = true;
        let Shelf { kept, count } = &mut *self.shelf.lock();
        if *count >= self.most {
            return;
        }
        let connections = kept.entry(upstream.key.clone()).or_default();
        if connections.len() < self.per_key {
            connections.push(Kept { upstream, since: now });
            *count += 1;
        }
    }

    /// Closes what nobody has wanted for `idle`.
    pub(crate) fn sweep(&self, now: Instant, idle: Duration) {
        let Shelf { kept, count } = &mut *self.shelf.lock();
        if kept.is_empty() {
            return;
        }
        kept.retain(|_, connections| {
            connections.retain(|kept| now - kept.since <= idle);
            !connections.is_empty()
        });
        *count = kept.values().map(Vec::len).sum();
    }
}
