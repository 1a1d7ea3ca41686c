//! Logs and metrics.

pub(crate) mod log;
mod families;
mod bounded;
pub(crate) mod readings;

use std::time::Duration;

use anyhow::Context;
use bounded::Bounded;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;

/// Seconds, from a relay in the same rack to a target at the end of its patience.
const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// How often what histograms were told is sorted in.
pub(crate) const UPKEEP: Duration = Duration::from_secs(1);

/// Starts to collect metrics; the handle renders them.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    let recorder = builder().context("metrics cannot be collected")?.build_recorder();
    let handle = recorder.handle();
    let installed = metrics::set_global_recorder(Bounded::new(recorder));
    installed.map_err(|error| anyhow::anyhow!("metrics cannot be collected: {error}"))?;
    families::describe();
    Ok(handle)
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
}

/// Sorts in what histograms were told, until told to stop. Otherwise that is done for whoever asks
/// for the metrics, and a node that nobody asks would keep every duration there ever was.
pub(crate) async fn upkeep(metrics: PrometheusHandle, period: Duration, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(period);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        metrics.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use metrics::{histogram, with_local_recorder};
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::memory;

    /// Three million durations, of which 24 bytes each would be kept.
    #[tokio::test]
    async fn durations_that_nobody_asks_for_do_not_pile_up() {
        let recorder = builder().unwrap().build_recorder();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(upkeep(recorder.handle(), Duration::from_millis(1), stop.clone()));
        let waited = with_local_recorder(&recorder, || histogram!("waited_seconds"));
        let before = memory::resident().unwrap();
        for _ in 0..300 {
            (0..10_000).for_each(|_| waited.record(0.01));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let grown = memory::resident().unwrap().saturating_sub(before);
        assert!(grown < 24 << 20, "{grown} bytes more");
        stop.cancel();
        assert!(recorder.handle().render().contains("waited_seconds_count 3000000"));
    }
}
