//! What was done in a stretch of time, and what it cost the proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use testbed::clock::eventually;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::peers::Peer;
use crate::usage;

/// Everybody is at work before anything counts, for this part of the time that counts.
const WARM_UP: u32 = 5;
/// For the first unit, however short that is.
const PATIENCE: Duration = Duration::from_secs(30);

/// Clients at work.
pub(super) struct Clients {
    /// Units that they have done.
    pub(super) done: Arc<AtomicU64>,
    failure: Arc<Mutex<Option<anyhow::Error>>>,
    tasks: TaskTracker,
    end: CancellationToken,
}

/// What was done, in how long, and for how much CPU time of the proxy.
pub(super) struct Done {
    pub(super) units: u64,
    pub(super) took: Duration,
    /// `None`: there is no proxy.
    pub(super) cpu: Option<Duration>,
}

impl Clients {
    pub(super) fn new() -> Self {
        Self {
            done: Arc::default(),
            failure: Arc::default(),
            tasks: TaskTracker::new(),
            end: CancellationToken::new(),
        }
    }

    /// A client that goes on until it is ended. One that fails spoils the measurement.
    pub(super) fn add(&self, client: impl Future<Output = Result<()>> + Send + 'static) {
        let (end, failure) = (self.end.clone(), Arc::clone(&self.failure));
        self.tasks.spawn(async move {
            if let Some(Err(why)) = end.run_until_cancelled(client).await {
                failure.lock().get_or_insert(why);
            }
        });
    }

    /// Ends them.
    pub(super) async fn end(self) -> Result<()> {
        self.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        let failure = self.failure.lock().take();
        failure.map_or(Ok(()), Err).context("a client failed")
    }

    /// Measures them for a while, and ends them.
    pub(super) async fn measure(
        self,
        peer: &Peer,
        window: Duration,
        units: &AtomicU64,
    ) -> Result<Done> {
        sleep(window / WARM_UP).await;
        let begun = || async {
            let has_begun = units.load(Ordering::Relaxed) > 0 || self.failure.lock().is_some();
            has_begun.then_some(())
        };
        eventually("something is done", PATIENCE, begun).await?;
        let now = || -> Result<_> {
            let cpu = peer.process()?.map(usage::cpu).transpose()?;
            Ok((Instant::now(), units.load(Ordering::Relaxed), cpu))
        };
        let before = now()?;
        sleep(window).await;
        let after = now()?;
        self.end().await?;
        let units = after.1 - before.1;
        ensure!(units > 0, "nothing was done");
        let cpu = after.2.zip(before.2).map(|(after, before)| after.saturating_sub(before));
        Ok(Done { units, took: after.0 - before.0, cpu })
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
impl Done {
    /// CPU time for one unit, in µs.
    pub(super) fn cpu_micros(&self) -> Option<f64> {
        self.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / self.units as f64)
    }

    /// Units a second.
    pub(super) fn rate(&self) -> f64 {
        self.units as f64 / self.took.as_secs_f64()
    }
}
