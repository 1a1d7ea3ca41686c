//! What has gone through an exit or a project since this node started.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::health::Counters;

/// What has gone through an exit, or a project, since this node started.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    requests: AtomicU64,
    failures: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    latency: AtomicU64,
}

impl Totals {
    /// Counts a request that is over.
    pub(crate) fn count(&self, is_success: bool, latency: Option<Duration>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if !is_success {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(latency) = latency {
            let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
            self.latency.fetch_add(micros, Ordering::Relaxed);
        }
    }

    pub(crate) fn count_bytes(&self, sent: u64, received: u64) {
        self.sent.fetch_add(sent, Ordering::Relaxed);
        self.received.fetch_add(received, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Counters {
        Counters {
            requests: self.requests.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            bytes_sent: self.sent.load(Ordering::Relaxed),
            bytes_received: self.received.load(Ordering::Relaxed),
            latency_microseconds: self.latency.load(Ordering::Relaxed),
        }
    }
}
