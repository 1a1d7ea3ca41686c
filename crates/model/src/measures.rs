//! What is counted of many requests, so that any two counts can be added up.

use std::time::Duration;

use crate::exchange::{Blame, Exchange};
use crate::health::Counters;

/// Numbers that add up: counters, cost, how requests ended, and how long their answers took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures([u64; Measures::COUNT]);

const COUNTERS: usize = 0;
const ATTEMPTS: usize = 5;
const COST: usize = 6;
const OUTCOMES: usize = 7;
const STATUSES: usize = 12;
const LATENCIES: usize = 18;
/// Upper bounds of all buckets but the last, microseconds: 1 ms to 33 s, two to a doubling.
const BOUNDS: [u64; Measures::BUCKETS - 1] = bounds();

impl Measures {
    /// How many numbers they are.
    pub const COUNT: usize = LATENCIES + Self::BUCKETS;
    /// How many ranges of latency are told apart.
    pub const BUCKETS: usize = 32;
    /// What each number is, in the order of [`numbers`](Self::numbers); latencies, one for each
    /// bucket, come behind these.
    pub const NAMES: [&'static str; LATENCIES] = [
        "requests",
        "failures",
        "bytes_sent",
        "bytes_received",
        "latency_microseconds",
        "attempts",
        "cost_nanos",
        "succeeded",
        "failed_client",
        "failed_exit",
        "failed_target",
        "failed_node",
        "status_none",
        "status_1xx",
        "status_2xx",
        "status_3xx",
        "status_4xx",
        "status_5xx",
    ];

    /// The numbers, in an order that stays.
    #[must_use]
    pub const fn numbers(&self) -> &[u64; Self::COUNT] {
        &self.0
    }

    /// From [`numbers`](Self::numbers).
    #[must_use]
    pub const fn from_numbers(numbers: [u64; Self::COUNT]) -> Self {
        Self(numbers)
    }

    /// Whether nothing has been counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|number| *number == 0)
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (sum, part) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(part);
        }
    }

    /// Counts how a request ended, without the [counters](Self::add_counters).
    pub fn add_ending(&mut self, exchange: &Exchange) {
        let outcome = match exchange.blame {
            None => 0,
            Some(Blame::Client) => 1,
            Some(Blame::Exit) => 2,
            Some(Blame::Target) => 3,
            Some(Blame::Node) => 4,
        };
        self.0[OUTCOMES + outcome] += 1;
        self.0[STATUSES + usize::from(exchange.status / 100).min(5)] += 1;
        self.0[ATTEMPTS] += u64::from(exchange.attempts);
        if exchange.blame.is_none() {
            self.0[LATENCIES + bucket(micros(exchange.latency))] += 1;
        }
    }

    /// Adds counters, and a cost in 10^-9 of the currency.
    pub fn add_counters(&mut self, counters: Counters, cost_nanos: u64) {
        let Counters { requests, failures, bytes_sent, bytes_received, latency_microseconds } =
            counters;
        let parts = [requests, failures, bytes_sent, bytes_received, latency_microseconds];
        for (sum, part) in self.0[COUNTERS..].iter_mut().zip(parts) {
            *sum = sum.saturating_add(part);
        }
        self.0[COST] = self.0[COST].saturating_add(cost_nanos);
    }

    /// The counters.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        let [requests, failures, bytes_sent, bytes_received, latency_microseconds, ..] = self.0;
        Counters { requests, failures, bytes_sent, bytes_received, latency_microseconds }
    }

    /// Exits that were tried.
    #[must_use]
    pub const fn attempts(&self) -> u64 {
        self.0[ATTEMPTS]
    }

    /// What it cost, in 10^-9 of the currency.
    #[must_use]
    pub const fn cost_nanos(&self) -> u64 {
        self.0[COST]
    }

    /// Requests that were a success, and those that failed by the fault of the client, the exit, the
    /// target, and us.
    #[must_use]
    pub const fn outcomes(&self) -> [u64; 5] {
        let numbers = &self.0;
        [numbers[7], numbers[8], numbers[9], numbers[10], numbers[11]]
    }

    /// Requests that had no answer, and those with a status of 1xx, 2xx, 3xx, 4xx, 5xx.
    #[must_use]
    pub const fn statuses(&self) -> [u64; 6] {
        let numbers = &self.0;
        [numbers[12], numbers[13], numbers[14], numbers[15], numbers[16], numbers[17]]
    }

    /// The latency that a share (0-1) of the successes did not exceed, to within a fifth; `None`: no
    /// success has been counted.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate between two bounds"
    )]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let buckets = &self.0[LATENCIES..];
        let total: u64 = buckets.iter().sum();
        let rank = (share.clamp(0.0, 1.0) * total as f64).max(1.0);
        let mut below = 0_u64;
        for (at, count) in buckets.iter().enumerate().filter(|(_, count)| **count > 0) {
            if (below + count) as f64 >= rank {
                let from = at.checked_sub(1).map_or(0, |before| BOUNDS[before]);
                let to = BOUNDS.get(at).copied().unwrap_or(from);
                let part = (rank - below as f64) / *count as f64;
                let inside = (to - from) as f64 * part;
                return Some(Duration::from_micros(from + inside as u64));
            }
            below += count;
        }
        None
    }
}

impl Default for Measures {
    fn default() -> Self {
        Self([0; Self::COUNT])
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn bucket(micros: u64) -> usize {
    BOUNDS.partition_point(|bound| *bound < micros)
}

const fn bounds() -> [u64; Measures::BUCKETS - 1] {
    let mut bounds = [0; Measures::BUCKETS - 1];
    let mut at = 0;
    while at < bounds.len() {
        let doubled = 1_000 << (at / 2);
        bounds[at] = if at % 2 == 0 { doubled } else { doubled * 1_414 / 1_000 };
        at += 1;
    }
    bounds
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use jiff::Timestamp;

    use super::*;
    use crate::exchange::ExchangeKind;

    fn exchange(millis: u64, blame: Option<Blame>) -> Exchange {
        Exchange {
            started_at: Timestamp::UNIX_EPOCH,
            kind: ExchangeKind::Connect,
            client: IpAddr::from([127, 0, 0, 1]),
            project: None,
            connector: None,
            proxy: None,
            country: None,
            target: None,
            status: 200,
            blame,
            attempts: 2,
            latency: Duration::from_millis(millis),
            duration: Duration::ZERO,
            bytes_sent: 0,
            bytes_received: 0,
            banned_by: None,
            trail: crate::exchange::Trail::default(),
        }
    }

    #[test]
    fn quantiles_of_sums_are_near_those_of_all() {
        let (mut one, mut other) = (Measures::default(), Measures::default());
        for millis in 1..=1_000 {
            let part = if millis % 3 == 0 { &mut one } else { &mut other };
            part.add_ending(&exchange(millis, None));
        }
        one.add(&other);
        for (share, exact) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let found = one.quantile(share).unwrap().as_secs_f64() * 1_000.0;
            assert!((found / exact - 1.0).abs() < 0.2, "{share}: {found} for {exact}");
        }
        assert_eq!(Measures::default().quantile(0.5), None);
    }

    #[test]
    fn each_request_is_counted_by_whose_fault_and_by_status() {
        let mut measures = Measures::default();
        measures.add_ending(&exchange(100_000, None));
        for blame in Blame::ALL {
            measures.add_ending(&exchange(5, Some(*blame)));
        }
        assert_eq!(measures.outcomes(), [1, 1, 1, 1, 1]);
        assert_eq!(measures.statuses(), [0, 0, 5, 0, 0, 0]);
        assert_eq!(measures.attempts(), 10);
        assert_eq!(measures.quantile(1.0), Some(Duration::from_millis(32_768)));
        assert_eq!(Measures::from_numbers(*measures.numbers()), measures);
    }
}
