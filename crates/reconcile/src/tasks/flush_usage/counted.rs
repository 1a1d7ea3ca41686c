//! What has been counted already, and what has come since.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::{ConnectorId, Counters, ProjectId, ProxyId};
use rotation::{ExitTotals, Ledger};
use store::usage::UsageRow;

use crate::homes::Homes;

/// The totals as they were when they were last made into rows.
#[derive(Debug, Default)]
pub(super) struct Counted {
    exits: HashMap<ProxyId, Counters>,
    projects: HashMap<ProjectId, Counters>,
}

impl Counted {
    pub(super) fn exits(&self) -> &HashMap<ProxyId, Counters> {
        &self.exits
    }

    /// What has come since the last time, as rows of `minute`: of projects, of connectors, of exits.
    pub(super) fn take(
        &mut self,
        ledger: &Ledger,
        homes: &Homes,
        minute: Timestamp,
    ) -> Vec<UsageRow> {
        let mut rows = Vec::new();
        for (project, now) in ledger.project_totals() {
            let before = self.projects.insert(project, now).unwrap_or_default();
            let counters = growth(before, now);
            rows.push(UsageRow { minute, project, connector: None, proxy: None, counters });
        }
        let mut connectors: HashMap<ConnectorId, UsageRow> = HashMap::new();
        for ExitTotals { proxy, connector, counters: now } in ledger.totals() {
            // Without a home it is not counted, and stays to be counted once it has one.
            let Some(project) = homes.of(connector) else { continue };
            let before = self.exits.insert(proxy, now).unwrap_or_default();
            let counters = growth(before, now);
            let connector = Some(connector);
            rows.push(UsageRow { minute, project, connector, proxy: Some(proxy), counters });
            let Some(id) = connector else { continue };
            let empty = Counters::default();
            let sum = UsageRow { minute, project, connector, proxy: None, counters: empty };
            let sum = connectors.entry(id).or_insert(sum);
            sum.counters = together(sum.counters, counters);
        }
        rows.extend(connectors.into_values());
        rows.retain(|row| row.counters != Counters::default());
        rows
    }

    /// Forgets what the ledger has forgotten.
    pub(super) fn keep_only(&mut self, ledger: &Ledger) {
        let known: HashSet<ProxyId> =
            ledger.totals().into_iter().map(|totals| totals.proxy).collect();
        self.exits.retain(|proxy, _| known.contains(proxy));
    }
}

/// What has come from `before` to `now`. A total that has shrunk is the first of a new state: the
/// exit had been forgotten, and came back.
fn growth(before: Counters, now: Counters) -> Counters {
    let from = if now.requests < before.requests { Counters::default() } else { before };
    Counters {
        requests: now.requests - from.requests,
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
