//! What has been counted already, and what has come since.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::{ConnectorId, Counters, Prices, ProjectId, ProxyId};
use rotation::{ExitTotals, Ledger};
use store::usage::UsageRow;

use crate::homes::Homes;

/// The totals as they were when they were last made into rows.
#[derive(Debug, Default)]
pub(super) struct Counted {
    exits: HashMap<ProxyId, Counters>,
    projects: HashMap<ProjectId, Counters>,
    /// What exits cost that is too little to be written, in 10^-15 of the currency.
    crumbs: HashMap<ProxyId, u128>,
}

/// What has come of one connector, and what it cost.
type Growth = (ProjectId, Counters, u64);

impl Counted {
    pub(super) fn exits(&self) -> &HashMap<ProxyId, Counters> {
        &self.exits
    }

    /// What has come since the last time, as rows of `minute`: of projects, of connectors, of exits.
    pub(super) fn take(
        &mut self,
        (ledger, homes): (&Ledger, &Homes),
        prices: &HashMap<ConnectorId, Prices>,
        minute: Timestamp,
    ) -> Vec<UsageRow> {
        let row = |(project, counters, cost_nanos): Growth, connector, proxy| UsageRow {
            minute,
            project,
            connector,
            proxy,
            counters,
            cost_nanos,
        };
        let mut rows = Vec::new();
        let mut connectors: HashMap<ConnectorId, Growth> = HashMap::new();
        for ExitTotals { proxy, connector, counters: now } in ledger.totals() {
            // Without a home it is not counted, and stays to be counted once it has one.
            let Some(project) = homes.of(connector) else { continue };
            let before = self.exits.insert(proxy, now).unwrap_or_default();
            let counters = growth(before, now);
            let cost =
                prices.get(&connector).map_or(0, |prices| self.cost(proxy, prices, counters));
            rows.push(row((project, counters, cost), Some(connector), Some(proxy)));
            let sum = connectors.entry(connector).or_insert((project, Counters::default(), 0));
            *sum = (project, together(sum.1, counters), sum.2.saturating_add(cost));
        }
        let mut costs: HashMap<ProjectId, u64> = HashMap::new();
        for (connector, growth) in connectors {
            let cost = costs.entry(growth.0).or_default();
            *cost = cost.saturating_add(growth.2);
            rows.push(row(growth, Some(connector), None));
        }
        for (project, now) in ledger.project_totals() {
            let before = self.projects.insert(project, now).unwrap_or_default();
            let cost = costs.remove(&project).unwrap_or_default();
            rows.push(row((project, growth(before, now), cost), None, None));
        }
        let rest =
            costs.into_iter().map(|(id, cost)| row((id, Counters::default(), cost), None, None));
        rows.extend(rest);
        rows.retain(|row| row.counters != Counters::default() || row.cost_nanos > 0);
        rows
    }

    /// In 10^-9 of the currency; what is less than that is kept for the next time.
    fn cost(&mut self, proxy: ProxyId, prices: &Prices, counters: Counters) -> u64 {
        let Counters { requests, bytes_sent, bytes_received, .. } = counters;
        let cost = prices.of(bytes_sent.saturating_add(bytes_received), requests);
        if cost == 0 {
            return 0;
        }
        let crumbs = self.crumbs.entry(proxy).or_default();
        let cost = cost + *crumbs;
        *crumbs = cost % 1_000_000;
        u64::try_from(cost / 1_000_000).unwrap_or(u64::MAX)
    }

    /// Forgets what the ledger has forgotten.
    pub(super) fn keep_only(&mut self, ledger: &Ledger) {
        let known: HashSet<ProxyId> =
            ledger.totals().into_iter().map(|totals| totals.proxy).collect();
        self.exits.retain(|proxy, _| known.contains(proxy));
        self.crumbs.retain(|proxy, _| known.contains(proxy));
    }
}

/// What has come from `before` to `now`. A total that has shrunk is the first of a new state: the
/// exit had been forgotten, and came back.
fn growth(before: Counters, now: Counters) -> Counters {
    let from = if now.requests < before.requests { Counters::default() } else { before };
    Counters {
        requests: now.requests.saturating_sub(from.requests),
        failures: now.failures.saturating_sub(from.failures),
        bytes_sent: now.bytes_sent.saturating_sub(from.bytes_sent),
        bytes_received: now.bytes_received.saturating_sub(from.bytes_received),
        latency_microseconds: now.latency_microseconds.saturating_sub(from.latency_microseconds),
    }
}

fn together(a: Counters, b: Counters) -> Counters {
    Counters {
        requests: a.requests + b.requests,
        failures: a.failures + b.failures,
        bytes_sent: a.bytes_sent + b.bytes_sent,
        bytes_received: a.bytes_received + b.bytes_received,
        latency_microseconds: a.latency_microseconds + b.latency_microseconds,
    }
}
