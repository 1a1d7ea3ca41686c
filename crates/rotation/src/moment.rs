//! Instants as numbers, so that they fit into an atomic.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// Milliseconds since the first moment this process asked about, plus one: 0 is never.
pub(crate) fn millis(at: Instant) -> u64 {
    let origin = *ORIGIN.get_or_init(|| at);
    u64::try_from(at.saturating_duration_since(origin).as_millis()).unwrap_or(u64::MAX - 1) + 1
}

/// A duration in milliseconds, at least one.
pub(crate) fn length(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}
