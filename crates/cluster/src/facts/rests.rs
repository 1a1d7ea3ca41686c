//! Proxies that rest because of what one node saw.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use model::ProxyId;
use parking_lot::Mutex;
use tokio::sync::{Notify, broadcast};
use tokio::time::sleep;

use super::scan;
use crate::connection::{Connection, Patience};
use crate::error::Result;
use crate::keys;

/// Batches that are kept for a reader that is slow.
const KEPT: usize = 1_024;
/// Proxies asked about in one question.
const AT_ONCE: usize = 1_000;
/// Resting proxies that are read anew after an outage.
const MOST: usize = 200_000;
/// What could not be read is read again so soon.
const RETRY: Duration = Duration::from_millis(500);

/// A proxy rests, or no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// Which one.
    pub proxy: ProxyId,
    /// For how long from now on; `None`: it rests no longer.
    pub rest: Option<Duration>,
}

/// What peers saw rest.
pub(crate) struct Rests {
    connection: Connection,
    told: broadcast::Sender<Arc<[Rest]>>,
    unread: Mutex<Unread>,
    more: Notify,
}

#[derive(Default)]
struct Unread {
    all: bool,
    some: HashSet<ProxyId>,
}

// === impl Rests ===

impl Rests {
    pub(crate) fn new(connection: Connection) -> Self {
        let told = broadcast::Sender::new(KEPT);
        Self { connection, told, unread: Mutex::default(), more: Notify::new() }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<[Rest]>> {
        let told = self.told.subscribe();
        // What was told before is told again.
        self.missed();
        told
    }

    /// Writes what this node saw.
    pub(crate) async fn write(&self, rests: &[Rest], me: &str) -> Result<()> {
        for some in rests.chunks(AT_ONCE) {
            let mut asking = redis::pipe();
            for Rest { proxy, rest } in some {
                let key = keys::quarantine(*proxy);
                match rest.map(milliseconds).filter(|rest| *rest > 0) {
                    Some(rest) => asking.cmd("SET").arg(key).arg(me).arg("PX").arg(rest).ignore(),
                    None => asking.cmd("DEL").arg(key).ignore(),
                };
            }
            self.connection.ask_all::<()>(Patience::Background, &asking).await?;
        }
        Ok(())
    }

    /// A peer said that something about this proxy changed.
    pub(crate) fn changed(&self, proxy: ProxyId) {
        self.unread.lock().some.insert(proxy);
        self.more.notify_one();
    }

    /// What peers said may have been missed.
    pub(crate) fn missed(&self) {
        self.unread.lock().all = true;
        self.more.notify_one();
    }

    /// Reads what changed, for as long as it is polled.
    pub(crate) async fn keep(self: Arc<Self>) {
        loop {
            self.more.notified().await;
            let unread = std::mem::take(&mut *self.unread.lock());
            if let Err(error) = self.read(&unread).await {
                tracing::debug!(%error, "which proxies rest will be read again");
                sleep(RETRY).await;
                let mut again = self.unread.lock();
                again.all |= unread.all;
                again.some.extend(unread.some);
                self.more.notify_one();
            }
        }
    }

    async fn read(&self, unread: &Unread) -> Result<()> {
        let mut proxies: Vec<_> = unread.some.iter().copied().collect();
        if unread.all {
            let found = scan::keys(&self.connection, keys::QUARANTINE, MOST).await?;
            let name = |key: &String| key.strip_prefix(keys::QUARANTINE)?.parse::<ProxyId>().ok();
            proxies.extend(found.iter().filter_map(name));
        }
        for some in proxies.chunks(AT_ONCE) {
            let mut asking = redis::pipe();
            for proxy in some {
                asking.cmd("PTTL").arg(keys::quarantine(*proxy));
            }
            let left: Vec<i64> = self.connection.ask_all(Patience::Background, &asking).await?;
            let rest = |(proxy, left): (&ProxyId, i64)| Rest {
                proxy: *proxy,
                rest: u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_millis),
            };
            let rests: Arc<[Rest]> = some.iter().zip(left).map(rest).collect();
            if self.told.send(rests).is_err() {
                tracing::trace!("nobody wants to know which proxies rest");
            }
        }
        Ok(())
    }
}

/// At least one, and nothing that Redis refuses.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    const MOST: u64 = 365 * 24 * 3_600 * 1_000;
    u64::try_from(duration.as_millis()).unwrap_or(MOST).min(MOST)
}
