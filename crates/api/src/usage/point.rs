//! What went through in some time, as a client sees it.

use jiff::Timestamp;
use model::Measures;
use serde::Serialize;
use utoipa::ToSchema;

/// What went through in some time.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct SeriesPoint {
    /// When it begins; absent where it is a sum of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    requests: u64,
    failures: u64,
    /// Towards targets.
    bytes_sent: u64,
    /// From targets.
    bytes_received: u64,
    /// Exits that were tried.
    attempts: u64,
    /// In 10^-6 of the currency that prices are in.
    cost_micros: u64,
    /// The same for each success; `null`: there was none.
    cost_per_success_micros: Option<f64>,
    outcomes: Outcomes,
    statuses: Statuses,
    latency_ms: Latency,
}

/// Requests by how they ended.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Outcomes {
    success: u64,
    /// Failures that were the client's fault.
    client: u64,
    /// The exit's.
    exit: u64,
    /// The target's.
    target: u64,
    /// Ours, or our operator's.
    node: u64,
}

/// Requests by what the client was answered.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Statuses {
    /// There was nobody left to answer.
    none: u64,
    #[serde(rename = "1xx")]
    informational: u64,
    #[serde(rename = "2xx")]
    successful: u64,
    #[serde(rename = "3xx")]
    redirection: u64,
    #[serde(rename = "4xx")]
    client_error: u64,
    #[serde(rename = "5xx")]
    server_error: u64,
}

/// To the opened tunnel or the head of the answer, over successes; `null`: there was none.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Latency {
    average: Option<f64>,
    /// Half of them took no longer. To within a fifth, as the others.
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

impl SeriesPoint {
    #[expect(clippy::cast_precision_loss, reason = "averages that people read")]
    pub(crate) fn of(at: Option<Timestamp>, sum: &Measures) -> Self {
        let counters = sum.counters();
        let successes = counters.requests.saturating_sub(counters.failures);
        let average = |total: f64| (successes > 0).then(|| total / successes as f64);
        let [success, client, exit, target, ours] = sum.outcomes();
        let [none, informational, successful, redirection, client_error, server_error] =
            sum.statuses();
        let quantile = |share| sum.quantile(share).map(|time| time.as_secs_f64() * 1_000.0);
        Self {
            at: at.map(|at| at.to_string()),
            requests: counters.requests,
            failures: counters.failures,
            bytes_sent: counters.bytes_sent,
            bytes_received: counters.bytes_received,
            attempts: sum.attempts(),
            cost_micros: micros(sum.cost_nanos()),
            cost_per_success_micros: average(sum.cost_nanos() as f64 / 1_000.0),
            outcomes: Outcomes { success, client, exit, target, node: ours },
            statuses: Statuses {
                none,
                informational,
                successful,
                redirection,
                client_error,
                server_error,
            },
            latency_ms: Latency {
                average: average(counters.latency_microseconds as f64 / 1_000.0),
                p50: quantile(0.5),
                p95: quantile(0.95),
                p99: quantile(0.99),
            },
        }
    }
}

/// Rounded to the nearest.
pub(crate) const fn micros(nanos: u64) -> u64 {
    nanos.saturating_add(500) / 1_000
}
