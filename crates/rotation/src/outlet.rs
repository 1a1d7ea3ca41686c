//! What happened to exits on this node, for whoever tells peers.

use std::sync::OnceLock;
use std::time::Duration;

use model::ProxyId;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::moment::millis;

/// Events of a kind that may wait to be told; more are this node's alone.
const MOST_UNTOLD: usize = 16_384;

/// An exit went to rest, or its rest was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rested {
    /// The exit.
    pub proxy: ProxyId,
    /// In milliseconds of this process; 0: it rests no longer.
    pub(crate) until: u64,
}

/// Where something is told, as soon as somebody listens.
#[derive(Debug)]
pub(crate) struct Outlet<T = Rested>(OnceLock<mpsc::Sender<T>>);

// === impl Rested ===

impl Rested {
    /// Its rest is over.
    #[must_use]
    pub fn over(proxy: ProxyId) -> Self {
        Self { proxy, until: 0 }
    }

    /// How much longer it rests; `None`: no longer.
    #[must_use]
    pub fn left(&self, now: Instant) -> Option<Duration> {
        let left = self.until.saturating_sub(millis(now));
        (left > 0).then(|| Duration::from_millis(left))
    }
}

// === impl Outlet ===

impl<T> Outlet<T> {
    pub(crate) fn open(&self) -> Option<mpsc::Receiver<T>> {
        let (sender, receiver) = mpsc::channel(MOST_UNTOLD);
        self.0.set(sender).is_ok().then_some(receiver)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.get().is_some()
    }

    pub(crate) fn say(&self, what: T) {
        if let Some(sender) = self.0.get() {
            // A hint: while there is no room for it, it is lost.
            sender.try_send(what).ok();
        }
    }

    /// Waits for room, unless nobody listens any more.
    pub(crate) async fn say_surely(&self, what: T) {
        if let Some(sender) = self.0.get() {
            sender.send(what).await.ok();
        }
    }
}

impl Outlet {
    pub(crate) fn tell(&self, proxy: ProxyId, until: u64) {
        self.say(Rested { proxy, until });
    }
}

impl<T> Default for Outlet<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}
