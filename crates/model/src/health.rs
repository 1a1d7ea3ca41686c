//! What this node knows of one exit now, in plain numbers: for people and for peers.

use std::time::Duration;

use crate::proxy::Status;

/// A reading of one exit's state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Health {
    /// What is believed.
    pub status: Status,
    /// Requests that are going through it now.
    pub in_flight: u32,
    /// Successes among recent requests and probes, 0-1, older ones counting less; `None`: no
    /// evidence yet.
    pub success_ratio: Option<f32>,
    /// Recent time to open a tunnel or to the head of an answer, older ones counting less.
    pub latency: Option<Duration>,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// How much longer it rests because of a limit or a verdict.
    pub quarantined_for: Option<Duration>,
}

/// What has gone through one exit, connector or project since this node started, or in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests that ended.
    pub requests: u64,
    /// Those among them that failed.
    pub failures: u64,
    /// Bytes towards targets.
    pub bytes_sent: u64,
    /// Bytes from targets.
    pub bytes_received: u64,
    /// Time to open a tunnel or to the head of an answer, all successes together, microseconds.
    pub latency_microseconds: u64,
}
