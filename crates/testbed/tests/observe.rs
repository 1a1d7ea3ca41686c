//! What operators watch an installation with: Prometheus, the log, traces.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "observe/prometheus.rs"]
mod prometheus;
#[path = "observe/log.rs"]
mod log;
#[path = "observe/traces.rs"]
mod traces;
#[path = "observe/everywhere.rs"]
mod everywhere;
