//! What to measure, for how long, and how often.

use std::collections::HashMap;
use std::path::{PathBuf, absolute};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use testbed::node;

use crate::peers::Kind;
use crate::work::Work;

/// What can be named.
const NAMES: &str = "rounds, ms, tunnels, works, peers, node, before and g3proxy";
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
    /// That of somebody else.
    pub(crate) g3proxy: Option<PathBuf>,
}

impl Plan {
    /// `NAME=VALUE` in any order: `rounds`, `ms`, `tunnels`, `works` and `peers` by name, `node`,
    /// `before` and `g3proxy` by path.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut given = pairs(arguments)?;
        let mut take = |name| given.remove(name);
        let before = take("before").map(absolute).transpose()?;
        let g3proxy = take("g3proxy").map(absolute).transpose()?;
        let is_there = |peer: &Kind| match peer {
            Kind::Before => before.is_some(),
            Kind::G3proxy => g3proxy.is_some(),
            _ => true,
        };
        let plan = Self {
            rounds: take("rounds").map_or(Ok(5), |rounds| rounds.parse())?,
            window: Duration::from_millis(take("ms").map_or(Ok(2_000), |ms| ms.parse())?),
            tunnels: take("tunnels").map_or(Ok(20_000), |tunnels| tunnels.parse())?,
            works: match take("works") {
                Some(names) => chosen(&names, &Work::ALL, Work::name)?,
                None => Work::usual(),
            },
            peers: match take("peers") {
                Some(names) => chosen(&names, &Kind::ALL, Kind::name)?,
                None => Kind::ALL.into_iter().filter(is_there).collect(),
            },
            node: match take("node") {
                Some(path) => node::fresh(absolute(path)?)?,
                None => node::program()?,
            },
            before,
            g3proxy,
        };
        if let Some(unknown) = given.keys().next() {
            bail!("unknown: {unknown}; there are {NAMES}");
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

/// What is named, and its value; the last one counts.
fn pairs(arguments: impl Iterator<Item = String>) -> Result<HashMap<String, String>> {
    let pair = |argument: String| {
        let pair = argument.split_once('=').context("expected NAME=VALUE")?;
        Ok((pair.0.to_owned(), pair.1.to_owned()))
    };
    arguments.map(pair).collect()
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

    #[test]
    fn what_is_not_named_is_as_usual_and_what_is_unknown_is_said() {
        let read = |words: &[&str]| Plan::read(words.iter().map(|word| (*word).to_owned()));
        let plan = read(&["ms=7", "works=kept", "rounds=2", "rounds=3"]).unwrap();
        assert_eq!((plan.rounds, plan.window, plan.tunnels), (3, Duration::from_millis(7), 20_000));
        assert_eq!((plan.works, plan.node), (vec![Work::Kept], node::program().unwrap()));
        let given = [Kind::Before, Kind::G3proxy];
        assert!(given.iter().all(|kind| !plan.peers.contains(kind)), "nobody has named them");
        let plan = read(&["before=old", "g3proxy=theirs"]).unwrap();
        assert!(given.iter().all(|kind| plan.peers.contains(kind)));
        for (word, expected) in [("speed=1", "unknown: speed"), ("ms", "expected NAME=VALUE")] {
            let why = read(&[word]).err().unwrap().to_string();
            assert!(why.starts_with(expected), "{why}");
        }
    }
}
