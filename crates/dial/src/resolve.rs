//! Names to addresses, by the system's resolver: one lookup at a time a name, answers kept a while.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

use crate::settings::Settings;

/// How long a failure is believed: long enough that a burst of requests asks once.
const FAILURE_TTL: Duration = Duration::from_secs(1);

/// Looks one name up, and may block.
type Lookup = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// The resolver.
pub(crate) struct Resolver {
    lookup: Arc<Lookup>,
    ttl: Duration,
    capacity: usize,
    permits: Arc<Semaphore>,
    names: Mutex<HashMap<Box<str>, Arc<OnceCell<Answer>>>>,
}

/// What a lookup ended in, and until when that counts.
struct Answer {
    addresses: Result<Arc<[IpAddr]>, Failure>,
    until: Instant,
}

/// An `io::Error` that several callers can be given.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{text}")]
struct Failure {
    kind: io::ErrorKind,
    text: String,
}

// === impl Resolver ===

impl Resolver {
    /// The system's: `getaddrinfo`, so `/etc/hosts` and search domains count.
    pub(crate) fn system(settings: &Settings) -> Self {
        Self::new(settings, system_lookup)
    }

    pub(crate) fn new(
        settings: &Settings,
        lookup: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            lookup: Arc::new(lookup),
            ttl: settings.dns_ttl,
            capacity: settings.dns_names.max(1),
            permits: Arc::new(Semaphore::new(settings.dns_lookups.max(1))),
            names: Mutex::default(),
        }
    }

    /// The addresses of a canonical name, at least one, in the resolver's order. Callers that ask
    /// for the same name at the same time share one lookup; when the one who began it gives up,
    /// the next one begins again.
    pub(crate) async fn resolve(&self, name: &str) -> io::Result<Arc<[IpAddr]>> {
        let cell = self.cell(name);
        let answer = cell.get_or_init(|| self.ask(name)).await;
        answer.addresses.clone().map_err(|failure| io::Error::new(failure.kind, failure))
    }

    /// The answer that is kept for the name, or the place where the next one will be.
    fn cell(&self, name: &str) -> Arc<OnceCell<Answer>> {
        let now = Instant::now();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = names.get(name)
            && cell.get().is_none_or(|answer| now < answer.until)
        {
            return Arc::clone(cell);
        }
        if names.len() >= self.capacity {
            make_room(&mut names, now);
        }
        let cell = Arc::new(OnceCell::new());
        names.insert(name.into(), Arc::clone(&cell));
        cell
    }

    async fn ask(&self, name: &str) -> Answer {
        let addresses = self
            .look_up(name)
            .await
            .map_err(|error| Failure { kind: error.kind(), text: error.to_string() });
        let ttl = if addresses.is_ok() { self.ttl } else { self.ttl.min(FAILURE_TTL) };
        Answer { addresses, until: Instant::now() + ttl }
    }

    /// The permit goes along to the blocking thread: a caller that gives up does not make room for
    /// another lookup, the end of the lookup does.
    async fn look_up(&self, name: &str) -> io::Result<Arc<[IpAddr]>> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(io::Error::other)?;
        let (lookup, name) = (Arc::clone(&self.lookup), name.to_owned());
        let blocking = tokio::task::spawn_blocking(move || {
            let answer = lookup(&name);
            drop(permit);
            answer
        });
        let mut addresses = blocking.await.map_err(io::Error::other)??;
        for address in &mut addresses {
            *address = address.to_canonical();
        }
        if addresses.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(addresses.into())
    }
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

/// Drops what has expired, and if that is nothing, any one answer. Lookups under way are only
/// forgotten, not ended.
fn make_room(names: &mut HashMap<Box<str>, Arc<OnceCell<Answer>>>, now: Instant) {
    let before = names.len();
    names.retain(|_, cell| cell.get().is_none_or(|answer| now < answer.until));
    if names.len() == before {
        let any = names.keys().next().cloned();
        any.and_then(|name| names.remove(&name));
    }
}

fn system_lookup(name: &str) -> io::Result<Vec<IpAddr>> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in (name, 0).to_socket_addrs()? {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests;
