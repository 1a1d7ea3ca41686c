//! Connections to exits that are kept between requests.
//!
//! A connection is used again only for the same exit (in the same version, so with the same
//! login), the same session and, where it is a tunnel, the same target: an exit may tie what it
//! does to any of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use compact_str::CompactString;
use foldhash::quality::RandomState;
use h2::client::SendRequest;
use model::target::{Host, Target};
use model::{ProjectId, ProxyId, Revision};
use parking_lot::Mutex;
use rotation::Exit;
use tokio::time::Instant;

use crate::conduit::Conduit;
use crate::http2::Outgoing;
use crate::sent::Sent;
use crate::worn;

/// What makes two connections alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) exit: ProxyId,
    pub(crate) session: Option<CompactString>,
    /// Only where the connection is a tunnel.
    pub(crate) tunnel: Option<Box<Tunnel>>,
    /// As whom it is spoken on.
    pub(crate) worn: Option<worn::Identity>,
}

/// Where a tunnel leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Tunnel {
    pub(crate) target: Target,
    /// Whom the target has proved to be, where TLS is spoken with it, and to whom: projects trust
    /// differently, and other targets once somebody has changed them.
    pub(crate) secure: Option<(Host, ProjectId, Revision)>,
}

/// A connection to an exit, and what has been read from it already. Boxed where it is made: it goes from
/// hand to hand.
pub(crate) struct Upstream {
    pub(crate) stream: Conduit,
    pub(crate) input: BytesMut,
    pub(crate) key: Key,
    /// The exit as it was when the connection was opened.
    pub(crate) exit: Arc<Exit>,
    /// Whether it has carried a request before.
    pub(crate) is_reused: bool,
    /// Whether the target asked for a certificate of the client, and may refuse all without.
    pub(crate) asked_certificate: bool,
    /// What the target was shown, where somebody looks.
    pub(crate) sent: Option<Arc<Sent>>,
}

/// Streams of one connection at once, if the target allows that many.
const MOST_STREAMS: usize = 100;

struct Kept {
    upstream: Box<Upstream>,
    since: Instant,
}

/// The kept connections of one core.
pub(crate) struct Pool {
    per_key: usize,
    most: usize,
    idle: Duration,
    shelf: Mutex<Shelf>,
}

/// By a hash that is quick and that no client can foresee, who names a part of each key.
type ByKey<T> = HashMap<Key, Vec<T>, RandomState>;

#[derive(Default)]
struct Shelf {
    kept: ByKey<Kept>,
    shared: ByKey<Shared>,
    /// Of both.
    count: usize,
}

/// A connection of HTTP/2: ours, or a browser's.
pub(crate) enum Many {
    Ours(SendRequest<Bytes>),
    Worn(worn::Opened),
}

/// A connection of HTTP/2, which many requests use at once.
struct Shared {
    connection: Many,
    exit: Arc<Exit>,
    sent: Option<Arc<Sent>>,
    /// Held once here and once by each stream.
    streams: Arc<()>,
    since: Instant,
}

impl Upstream {
    pub(crate) fn new(stream: Conduit, key: Key, exit: Arc<Exit>) -> Box<Self> {
        let (input, is_reused, asked_certificate) = (BytesMut::new(), false, false);
        Box::new(Self { stream, input, key, exit, is_reused, asked_certificate, sent: None })
    }
}

impl Shared {
    fn has_room(&self) -> bool {
        self.active() < self.connection.most_streams()
    }

    fn active(&self) -> usize {
        Arc::strong_count(&self.streams) - 1
    }

    fn stream(&self) -> Conduit {
        let place = Arc::clone(&self.streams);
        match &self.connection {
            Many::Ours(connection) => {
                Conduit::Http2(Box::new(Outgoing::new(connection.clone(), place)))
            }
            Many::Worn(opened) => Conduit::Worn(Box::new(opened.share(place))),
        }
    }

    /// Whether it has been used within `idle`.
    fn is_wanted(&mut self, now: Instant, idle: Duration) -> bool {
        if self.active() > 0 {
            self.since = now;
        }
        now - self.since <= idle && self.is_open()
    }

    fn is_open(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        match &mut self.connection {
            Many::Ours(connection) => {
                !matches!(connection.poll_ready(&mut context), Poll::Ready(Err(_)))
            }
            Many::Worn(opened) => opened.is_open(),
        }
    }
}

impl Many {
    fn most_streams(&self) -> usize {
        match self {
            Self::Ours(connection) => connection.current_max_send_streams().min(MOST_STREAMS),
            // What is more than the target takes waits inside.
            Self::Worn(_) => MOST_STREAMS,
        }
    }
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
    ) -> Option<Box<Upstream>> {
        let at_most = at_most.min(self.idle);
        let Shelf { kept, count, .. } = &mut *self.shelf.lock();
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
    pub(crate) fn keep(&self, mut upstream: Box<Upstream>, now: Instant) {
        let is_shared = upstream.stream.is_http2();
        if is_shared || !upstream.input.is_empty() || self.per_key == 0 {
            return;
        }
        upstream.input = BytesMut::new();
        upstream.is_reused = true;
        let Shelf { kept, count, .. } = &mut *self.shelf.lock();
        if *count >= self.most {
            return;
        }
        let connections = kept.entry(upstream.key.clone()).or_default();
        if connections.len() < self.per_key {
            connections.push(Kept { upstream, since: now });
            *count += 1;
        }
    }

    /// Another stream of a connection of HTTP/2 that is like this one and has room.
    pub(crate) fn stream(
        &self,
        key: &Key,
        exit: &Arc<Exit>,
        now: Instant,
    ) -> Option<Box<Upstream>> {
        let Shelf { shared, .. } = &mut *self.shelf.lock();
        let connections = shared.get_mut(key)?;
        let alike = connections.iter_mut().filter(|shared| Arc::ptr_eq(&shared.exit, exit));
        let mut roomy = alike.filter(|shared| shared.has_room());
        let found = roomy.find_map(|shared| shared.is_open().then_some(shared))?;
        found.since = now;
        let mut upstream = Upstream::new(found.stream(), key.clone(), Arc::clone(exit));
        (upstream.is_reused, upstream.sent) = (true, found.sent.clone());
        Some(upstream)
    }

    /// The first stream of a new connection of HTTP/2, which others may use, too.
    pub(crate) fn share(
        &self,
        (key, exit): (Key, Arc<Exit>),
        (connection, sent): (Many, Option<Arc<Sent>>),
        now: Instant,
    ) -> Box<Upstream> {
        let (streams, since) = (Arc::default(), now);
        let new = Shared { connection, exit: Arc::clone(&exit), sent, streams, since };
        let mut upstream = Upstream::new(new.stream(), key.clone(), exit);
        upstream.sent.clone_from(&new.sent);
        let Shelf { shared, count, .. } = &mut *self.shelf.lock();
        if *count >= self.most {
            return upstream;
        }
        let connections = shared.entry(key).or_default();
        if connections.len() < self.per_key {
            connections.push(new);
            *count += 1;
        }
        upstream
    }

    /// Closes everything that is kept.
    pub(crate) fn clear(&self) {
        *self.shelf.lock() = Shelf::default();
    }

    /// Closes what nobody has wanted for `idle`.
    pub(crate) fn sweep(&self, now: Instant, idle: Duration) {
        let Shelf { kept, shared, count } = &mut *self.shelf.lock();
        shared.retain(|_, connections| {
            connections.retain_mut(|shared| shared.is_wanted(now, idle));
            !connections.is_empty()
        });
        kept.retain(|_, connections| {
            connections.retain(|kept| now - kept.since <= idle);
            !connections.is_empty()
        });
        let lengths = kept.values().map(Vec::len).chain(shared.values().map(Vec::len));
        *count = lengths.sum();
    }
}
