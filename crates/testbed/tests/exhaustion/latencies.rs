//! How long requests took, and how the longest of them did.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::stage::Stage;

/// Sorted.
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// Asks so many times, one after the other: plainly on a connection that stays, and every
    /// second time through a tunnel of its own. Each of them has to succeed.
    pub(crate) async fn of(stage: &Stage, requests: usize) -> Self {
        let mut kept = stage.world.client().await.unwrap();
        let mut latencies = Vec::with_capacity(requests);
        for number in 0..requests {
            let begun = Instant::now();
            if number % 2 == 0 {
                stage.ask(&mut kept).await.unwrap();
            } else {
                stage.ask_through_a_tunnel().await.unwrap();
            }
            latencies.push(begun.elapsed());
        }
        latencies.sort();
        Self(latencies)
    }

    /// The latency that so many of a hundred requests do not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or_default()
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (self.percentile(50), self.percentile(99));
        write!(f, "{} requests, p50 {p50:.1?}, p99 {p99:.1?}", self.0.len())
    }
}
