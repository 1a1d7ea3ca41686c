//! What came of the load: requests, tunnels, numbers.

use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

/// Failures that are kept with their reason; further ones are only counted.
const KEPT: usize = 1_000;

/// What came of the load so far.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// GETs that were answered as they should be.
    pub fine: usize,
    /// When each of them was sent, and how long it took.
    pub took: Vec<(Instant, Duration)>,
    /// GETs and CONNECTs that failed.
    pub failed: usize,
    /// Why, as far as that is kept.
    pub failures: Vec<Failure>,
    /// Tunnels that were ever opened.
    pub tunnels_opened: usize,
    /// Tunnels whose two sides agree at the end on how many numbers there were.
    pub tunnels_whole: usize,
    /// Tunnels that broke.
    pub broken: Vec<Failure>,
    /// Numbers that arrived in order, both ways.
    pub numbers: u64,
    /// Numbers that came a second time, or late.
    pub doubled: u64,
    /// Numbers that were left out.
    pub gaps: u64,
}

/// Something that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// When it began.
    pub started: Instant,
    /// When it failed.
    pub ended: Instant,
    /// Why.
    pub why: String,
}

impl Report {
    pub(super) fn answered(&mut self, started: Instant, outcome: Result<()>) {
        match outcome {
            Ok(()) => {
                self.fine += 1;
                self.took.push((started, started.elapsed()));
            }
            Err(why) => self.failed(started, &why),
        }
    }

    pub(super) fn failed(&mut self, started: Instant, why: &anyhow::Error) {
        self.failed += 1;
        if self.failures.len() < KEPT {
            self.failures.push(Failure::now(started, why));
        }
    }

    /// Notes a number that arrived where `expected` should have, and says which is to come next.
    pub(super) fn number(&mut self, expected: u64, number: u64) -> u64 {
        match number {
            _ if number == expected => self.numbers += 1,
            _ if number < expected => self.doubled += 1,
            _ => self.gaps += number - expected,
        }
        expected.max(number + 1)
    }

    /// Requests that failed and were sent after this moment.
    #[must_use]
    pub fn failed_after(&self, moment: Instant) -> Vec<&Failure> {
        self.failures.iter().filter(|failure| failure.started > moment).collect()
    }

    /// Requests that the proxy took: answered ones and tunnels.
    #[must_use]
    pub fn carried(&self) -> u64 {
        (self.fine + self.tunnels_opened) as u64
    }

    /// How long one of a hundred answers took at least, of those asked for in this time.
    #[must_use]
    pub fn p99(&self, from: Instant, to: Instant) -> Duration {
        let asked = self.took.iter().filter(|(at, _)| *at >= from && *at < to);
        let mut took: Vec<_> = asked.map(|(_, took)| *took).collect();
        took.sort_unstable();
        let place = (took.len() * 99).div_ceil(100).saturating_sub(1);
        took.get(place).copied().unwrap_or_default()
    }
}

impl Failure {
    pub(super) fn now(started: Instant, why: &anyhow::Error) -> Self {
        Self { started, ended: Instant::now(), why: format!("{why:#}") }
    }
}
