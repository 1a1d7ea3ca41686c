//! What to measure, for how long, and how often.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::peers::Kind;
use crate::work::Work;

/// Descriptors for everything that is no tunnel.
const OTHERS: u64 = 600;

/// What to measure.
pub(crate) struct Plan {
    /// How often everything is measured.
    pub(crate) rounds: u32,
    /// How long each time.
    pub(crate) window: Duration,
    /// How many tunnels are to be idle at once.
    pub(crate) tunnels: usize,
    pub(crate) works: Vec<Work>,
    pub(crate) peers: Vec<Kind>,
}

impl Plan {
    /// `NAME=VALUE` in any order: `rounds`, `ms`, `tunnels`, `works` and `peers` by name.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut plan = Self {
            rounds: 5,
            window: Duration::from_secs(2),
            tunnels: 20_000,
            works: Work::usual(),
            peers: Kind::ALL.to_vec(),
        };
        for argument in arguments {
            let (name, value) = argument.split_once('=').context("expected NAME=VALUE")?;
            match name {
                "rounds" => plan.rounds = value.parse()?,
                "ms" => plan.window = Duration::from_millis(value.parse()?),
                "tunnels" => plan.tunnels = value.parse()?,
                "works" => plan.works = chosen(value, &Work::ALL, Work::name)?,
                "peers" => plan.peers = chosen(value, &Kind::ALL, Kind::name)?,
                _ => bail!("unknown: {name}; there are rounds, ms, tunnels, works and peers"),
            }
        }
        Ok(plan)
    }

    /// The proxies that have anything to do.
    pub(crate) fn wanted(&self) -> Vec<Kind> {
        let has_work = |peer: &Kind| self.works.iter().any(|work| work.suits(*peer));
        self.peers.iter().copied().filter(has_work).collect()
    }

    /// No more tunnels than a process with so many descriptors can have: both ends of each are in
    /// one process, and a node takes clients for 45 % of what it has.
    pub(crate) fn within(mut self, files: u64) -> Self {
        let most = files.saturating_sub(OTHERS) * 45 / 100;
        self.tunnels = self.tunnels.min(usize::try_from(most).unwrap_or(usize::MAX));
        self
    }
}

/// Those of `all` that are named, divided by commas.
fn chosen<T: Copy>(names: &str, all: &[T], name: fn(T) -> &'static str) -> Result<Vec<T>> {
    let find = |wanted: &str| all.iter().copied().find(|one| name(*one) == wanted);
    let known = || all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", ");
    names
        .split(',')
        .map(|wanted| find(wanted).with_context(|| format!("no {wanted}; there are {}", known())))
        .collect()
}
