//! What to measure, for how long, and how often.

use std::path::{PathBuf, absolute};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use testbed::node;

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
    /// The build that is measured; the one beside this program where nobody names another.
    pub(crate) node: PathBuf,
    /// A build to compare it with.
    pub(crate) before: Option<PathBuf>,
}

impl Plan {
    /// `NAME=VALUE` in any order: `rounds`, `ms`, `tunnels`, `works` and `peers` by name, `node` and
    /// `before` by path.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let (mut node, mut peers) = (None, None);
        let mut plan = Self {
            rounds: 5,
            window: Duration::from_secs(2),
            tunnels: 20_000,
            works: Work::usual(),
            peers: Vec::new(),
            node: PathBuf::new(),
            before: None,
        };
        for argument in arguments {
            let (name, value) = argument.split_once('=').context("expected NAME=VALUE")?;
            match name {
                "rounds" => plan.rounds = value.parse()?,
                "ms" => plan.window = Duration::from_millis(value.parse()?),
                "tunnels" => plan.tunnels = value.parse()?,
                "works" => plan.works = chosen(value, &Work::ALL, Work::name)?,
                "peers" => peers = Some(chosen(value, &Kind::ALL, Kind::name)?),
                "node" => node = Some(absolute(value)?),
                "before" => plan.before = Some(absolute(value)?),
                _ => bail!(
                    "unknown: {name}; there are rounds, ms, tunnels, works, peers, node and before"
                ),
            }
        }
        plan.node = node.map_or_else(node::program, node::fresh)?;
        let is_there = |peer: &Kind| *peer != Kind::Before || plan.before.is_some();
        let usual = || Kind::ALL.into_iter().filter(is_there).collect();
        plan.peers = peers.unwrap_or_else(usual);
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

/// Those of `all` that are named, divided by commas, in the order of `all`: what is measured first
/// finds a fresh proxy.
fn chosen<T: Copy>(names: &str, all: &[T], name: fn(T) -> &'static str) -> Result<Vec<T>> {
    let wanted: Vec<_> = names.split(',').collect();
    let known: Vec<_> = all.iter().map(|one| name(*one)).collect();
    if let Some(unknown) = wanted.iter().find(|wanted| !known.contains(wanted)) {
        bail!("no {unknown}; there are {}", known.join(", "));
    }
    Ok(all.iter().copied().filter(|one| wanted.contains(&name(*one))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_are_measured_in_their_order_and_unknown_ones_are_named() {
        let chosen = |names| chosen(names, &Work::ALL, Work::name);
        assert_eq!(chosen("admin,kept").unwrap(), [Work::Kept, Work::Admin]);
        let why = chosen("kept,quick").unwrap_err().to_string();
        assert!(why.starts_with("no quick; there are idle, kept, "), "{why}");
    }
}
