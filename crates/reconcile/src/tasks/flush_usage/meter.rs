//! What became of requests, as metrics: handles that are held and not looked up.

use std::sync::Arc;

use metrics::{Counter, Histogram, counter, histogram};
use model::Exchange;
use model::exchange::{Blame, ExchangeKind};
use rotation::Roster;
use tokio::sync::watch;

use shares::Shares;

mod shares;

const OUTCOMES: [&str; 5] = ["success", "client", "exit", "target", "node"];
/// Of the status: "none" when there was nobody to answer.
const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

/// What became of requests.
pub(crate) struct Meter {
    /// In the order of [`ExchangeKind::ALL`].
    kinds: Vec<OfKind>,
    shares: Shares,
}

/// Of one kind of request.
struct OfKind {
    /// By outcome, then by class of the status.
    exchanges: [[Counter; 6]; 5],
    latency: Histogram,
    duration: Histogram,
}

impl Meter {
    pub(crate) fn new(roster: watch::Receiver<Arc<Roster>>) -> Self {
        let kinds = ExchangeKind::ALL.iter().copied().map(OfKind::new).collect();
        Self { kinds, shares: Shares::new(roster) }
    }

    pub(crate) fn count(&mut self, batch: &[Exchange]) {
        self.shares.count(batch);
        for exchange in batch {
            // As declared: the words are numbered from 0.
            self.kinds[exchange.kind as usize].count(exchange);
        }
    }
}

impl OfKind {
    fn new(kind: ExchangeKind) -> Self {
        let kind = kind.as_str();
        let exchanges = OUTCOMES.map(|outcome| {
            CLASSES.map(|class| {
                let name = "octoprox_exchanges_total";
                counter!(name, "kind" => kind, "outcome" => outcome, "status" => class)
            })
        });
        Self {
            exchanges,
            latency: histogram!("octoprox_exchange_latency_seconds", "kind" => kind),
            duration: histogram!("octoprox_exchange_duration_seconds", "kind" => kind),
        }
    }

    fn count(&self, exchange: &Exchange) {
        let class = usize::from(exchange.status / 100).min(CLASSES.len() - 1);
        self.exchanges[outcome(exchange)][class].increment(1);
        if exchange.blame.is_none() {
            self.latency.record(exchange.latency.as_secs_f64());
        }
        self.duration.record(exchange.duration.as_secs_f64());
    }
}

/// Its place in [`OUTCOMES`].
fn outcome(exchange: &Exchange) -> usize {
    match exchange.blame {
        None => 0,
        Some(Blame::Client) => 1,
        Some(Blame::Exit) => 2,
        Some(Blame::Target) => 3,
        Some(Blame::Node) => 4,
    }
}

#[cfg(test)]
mod tests;
