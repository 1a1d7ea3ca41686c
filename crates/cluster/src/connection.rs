//! One connection that every question shares, made anew whenever it breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use metrics::{Gauge, gauge};
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, Pipeline, RedisError, RedisResult};
use redis::{ErrorKind, ScriptInvocation, ServerErrorKind};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::error::{ClusterError, Result};
use crate::settings::{Settings, Timing};

mod address;
mod breaker;

pub(crate) use address::Address;
use breaker::Breaker;

/// Answers to background work that may stay out in a row before the connection is given up.
const MOST_TIMEOUTS: u32 = 3;
/// The longest wait before the first retry and before any.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Whether this node is connected with its peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// There are no peers to be connected with.
    Alone,
    /// Redis answers.
    Connected,
    /// Redis does not answer.
    Away {
        /// Since when it has not.
        since: Instant,
    },
}

/// How long an answer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Nobody waits for it.
    Background,
    /// Requests are near: rather no answer than a late one.
    Prompt,
}

/// A connection; clones are the same one.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Inner>);

struct Inner {
    address: Address,
    timing: Timing,
    live: watch::Sender<Option<Live>>,
    /// The number of the latest connection that is known to be broken.
    broken: watch::Sender<u64>,
    link: watch::Sender<Link>,
    /// Answers to background work that stayed out in a row.
    timeouts: AtomicU32,
    breaker: Mutex<Breaker>,
    connected: Gauge,
}

#[derive(Clone)]
struct Live {
    /// Connections are counted from 1.
    number: u64,
    connection: MultiplexedConnection,
}

/// How long to wait before the attempt after `failed` others that led to nothing: anything up to
/// twice as long each time, so that nodes which lost Redis together do not come back together.
pub(crate) fn back_off(failed: u32, chance: f64) -> Duration {
    let (first, longest) = BACK_OFF;
    longest.min(first.saturating_mul(1 << failed.min(10))).mul_f64(chance)
}

// === impl Connection ===

impl Connection {
    /// Nothing is connected before [`Connection::keep`].
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            address: Address::new(settings)?,
            timing: settings.timing,
            live: watch::Sender::new(None),
            broken: watch::Sender::new(0),
            link: watch::Sender::new(Link::Away { since: Instant::now() }),
            timeouts: AtomicU32::new(0),
            breaker: Mutex::new(Breaker::default()),
            connected: gauge!("octoprox_cluster_connected"),
        })))
    }

    pub(crate) fn link(&self) -> watch::Receiver<Link> {
        self.0.link.subscribe()
    }

    pub(crate) fn timing(&self) -> &Timing {
        &self.0.timing
    }

    /// Asks one thing.
    pub(crate) async fn ask<T: FromRedisValue>(&self, patience: Patience, cmd: &Cmd) -> Result<T> {
        self.with(patience, async |mut redis| cmd.query_async(&mut redis).await).await
    }

    /// Asks many things at once.
    pub(crate) async fn ask_all<T: FromRedisValue>(
        &self,
        patience: Patience,
        all: &Pipeline,
    ) -> Result<T> {
        self.with(patience, async |mut redis| all.query_async(&mut redis).await).await
    }

    /// Has Redis run a script.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        patience: Patience,
        script: &ScriptInvocation<'_>,
    ) -> Result<T> {
        self.with(patience, async |mut redis| script.invoke_async(&mut redis).await).await
    }

    async fn with<T, F: Future<Output = RedisResult<T>>>(
        &self,
        patience: Patience,
        ask: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T> {
        let Live { number, connection } = self.0.live.borrow().clone().ok_or(ClusterError::Away)?;
        let limit = match patience {
            Patience::Background => self.0.timing.command_timeout,
            Patience::Prompt => {
                if !self.0.breaker.lock().permits(Instant::now()) {
                    return Err(ClusterError::Slow);
                }
                self.0.timing.prompt_timeout
            }
        };
        let answer = timeout(limit, ask(connection)).await;
        if patience == Patience::Prompt {
            self.0.breaker.lock().heard(answer.is_ok(), Instant::now());
        }
        let Ok(answer) = answer else {
            self.heard_nothing(patience, number);
            return Err(ClusterError::Slow);
        };
        self.0.timeouts.store(0, Ordering::Relaxed);
        answer.map_err(|error| {
            if is_fatal(&error) {
                self.broke(number);
            }
            ClusterError::Ask(error)
        })
    }

    fn heard_nothing(&self, patience: Patience, number: u64) {
        if patience == Patience::Background
            && self.0.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_TIMEOUTS
        {
            self.broke(number);
        }
    }

    fn broke(&self, number: u64) {
        self.0.broken.send_if_modified(|broken| {
            let is_news = *broken < number;
            *broken = number.max(*broken);
            is_news
        });
    }

    /// Connects, and connects again whenever that is needed.
    pub(crate) async fn keep(self) {
        let (mut failed, mut number, mut told) = (0, 0, false);
        loop {
            match self.connect().await {
                Ok(connection) => {
                    number += 1;
                    tracing::info!("connected with redis");
                    (failed, told) = (self.hold(Live { number, connection }, failed).await, false);
                }
                Err(error) => {
                    failed += 1;
                    tell_once(&mut told, &error);
                }
            }
            sleep(back_off(failed, rand::random())).await;
        }
    }

    /// Returns when the connection is broken, with the failures that count before the next.
    async fn hold(&self, live: Live, failed: u32) -> u32 {
        let (since, number) = (Instant::now(), live.number);
        self.0.timeouts.store(0, Ordering::Relaxed);
        *self.0.breaker.lock() = Breaker::default();
        self.0.live.send_replace(Some(live));
        self.0.link.send_replace(Link::Connected);
        self.0.connected.set(1.0);
        let mut broken = self.0.broken.subscribe();
        // The sender is in `self`: this ends only when the connection is broken.
        if broken.wait_for(|broken| *broken >= number).await.is_ok() {
            tracing::debug!("the connection with redis broke");
        }
        self.0.live.send_replace(None);
        self.0.link.send_replace(Link::Away { since: Instant::now() });
        self.0.connected.set(0.0);
        // A connection that never lasts is as bad as none.
        if since.elapsed() > BACK_OFF.1 { 0 } else { failed + 1 }
    }

    /// A connection that has answered.
    async fn connect(&self) -> Result<MultiplexedConnection> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connecting = async {
            let client = self.0.address.client().await?;
            client.get_multiplexed_async_connection_with_config(&config).await
        };
        let connected = timeout(self.0.timing.connect_timeout, connecting).await;
        let mut connection =
            connected.or(Err(ClusterError::Slow))?.map_err(ClusterError::Connect)?;
        let ping = redis::cmd("PING");
        let answer = timeout(self.0.timing.command_timeout, ping.exec_async(&mut connection)).await;
        answer.or(Err(ClusterError::Slow))?.map_err(ClusterError::Connect)?;
        Ok(connection)
    }

    /// A connection of its own, to listen on.
    pub(crate) async fn listen(&self, channels: &[&str]) -> Result<redis::aio::PubSub> {
        let connecting = async {
            let mut listening = self.0.address.client().await?.get_async_pubsub().await?;
            listening.subscribe(channels).await?;
            Ok(listening)
        };
        let connected = timeout(self.0.timing.connect_timeout, connecting).await;
        connected.or(Err(ClusterError::Slow))?.map_err(ClusterError::Connect)
    }
}

/// One warning an outage, however often it is tried.
fn tell_once(told: &mut bool, error: &ClusterError) {
    if !std::mem::replace(told, true) {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(%error, cause, "coordination is degraded");
    }
}

/// Whether another connection may do better.
fn is_fatal(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly};
    match error.kind() {
        ErrorKind::Server(BusyLoading | ClusterDown | MasterDown | ReadOnly) => true,
        _ => error.is_unrecoverable_error() || error.is_io_error(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_never_longer_than_the_longest() {
        let longest: Vec<_> = (0..8).map(|failed| back_off(failed, 1.0).as_millis()).collect();
        assert_eq!(longest, [100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
        assert_eq!(back_off(u32::MAX, 0.5), Duration::from_secs(1));
        assert_eq!(back_off(3, 0.0), Duration::ZERO);
    }
}
