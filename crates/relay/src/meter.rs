//! Counters of the data plane, held and not looked up, and the way out for finished exchanges.

use metrics::{Counter, Gauge, counter, gauge};
use model::Exchange;
use model::exchange::{Blame, ExchangeKind};
use parking_lot::Mutex;
use tokio::sync::mpsc;

/// Exchanges kept before they are sent on without waiting for the next tick.
const BATCH: usize = 256;

/// The meters of one core.
pub(crate) struct Meter {
    /// By kind, in the order of [`ExchangeKind::ALL`], then by outcome: success, and each blame.
    requests: Vec<[Counter; 5]>,
    bytes_sent: Counter,
    bytes_received: Counter,
    connections: Gauge,
    lost: Counter,
    finished: Mutex<Vec<Exchange>>,
    out: mpsc::Sender<Vec<Exchange>>,
}

impl Meter {
    pub(crate) fn new(out: mpsc::Sender<Vec<Exchange>>) -> Self {
        let of_kind = |kind: &ExchangeKind| {
            ["success", "client", "exit", "target", "node"].map(|outcome| {
                counter!("octoprox_requests_total", "kind" => kind.as_str(), "outcome" => outcome)
            })
        };
        Self {
            requests: ExchangeKind::ALL.iter().map(of_kind).collect(),
            bytes_sent: counter!("octoprox_bytes_total", "direction" => "sent"),
            bytes_received: counter!("octoprox_bytes_total", "direction" => "received"),
            connections: gauge!("octoprox_client_connections"),
            lost: counter!("octoprox_exchanges_lost_total"),
            finished: Mutex::new(Vec::with_capacity(BATCH)),
            out,
        }
    }

    /// A client has connected.
    pub(crate) fn connected(&self) {
        self.connections.increment(1);
    }

    /// A client has gone.
    pub(crate) fn disconnected(&self) {
        self.connections.decrement(1);
    }

    /// Counts a finished exchange and keeps it for the next batch.
    pub(crate) fn finished(&self, exchange: Exchange) {
        let outcome = match exchange.blame {
            None => 0,
            Some(Blame::Client) => 1,
            Some(Blame::Exit) => 2,
            Some(Blame::Target) => 3,
            Some(Blame::Node) => 4,
        };
        self.requests[exchange.kind as usize][outcome].increment(1);
        self.bytes_sent.increment(exchange.bytes_sent);
        self.bytes_received.increment(exchange.bytes_received);
        let full = {
            let mut finished = self.finished.lock();
            finished.push(exchange);
            finished.len() >= BATCH
        };
        if full {
            self.send();
        }
    }

    /// Sends what has been kept. Never waits: when nobody keeps up, the detail is lost and counted;
    /// the totals are kept elsewhere and stay exact.
    pub(crate) fn send(&self) {
        let batch = {
            let mut finished = self.finished.lock();
            if finished.is_empty() {
                return;
            }
            std::mem::replace(&mut *finished, Vec::with_capacity(BATCH))
        };
        if let Err(refused) = self.out.try_send(batch) {
            self.lost.increment(refused.into_inner().len() as u64);
        }
    }
}

impl Drop for Meter {
    /// The last task of the core has ended: what it left is sent after all.
    fn drop(&mut self) {
        self.send();
    }
}
