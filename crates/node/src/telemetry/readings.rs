//! What is read from time to time, and not counted where it happens: the process, and its exits.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use cluster::Role;
use jiff::Timestamp;
use metrics::{Counter, Gauge, counter, gauge};
use model::proxy::Status;
use rotation::{Ledger, Roster};
use rustix::process::{Resource, getrlimit};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::families::{MOST, OTHER};
use crate::memory;

/// Between two readings. Each looks at every exit, and there may be a hundred thousand.
const PERIOD: Duration = Duration::from_secs(5);
/// Besides those of [`Status`].
const QUARANTINED: &str = "quarantined";

/// What stays the same as long as the process runs.
pub(crate) fn of_start(role: Role, now: Timestamp) {
    let version = env!("CARGO_PKG_VERSION");
    gauge!("octoprox_build_info", "version" => version, "role" => role.to_string()).set(1.0);
    #[expect(clippy::cast_precision_loss, reason = "a date is small enough")]
    gauge!("process_start_time_seconds").set(now.as_second() as f64);
}

/// Reads until told to stop.
pub(crate) async fn keep(
    roster: watch::Receiver<Arc<Roster>>,
    ledger: Arc<Ledger>,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(PERIOD);
    let (process, mut pools) = (Process::new(), Pools::default());
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        process.read();
        let roster = Arc::clone(&roster.borrow());
        pools.read(&roster, &ledger);
    }
}

/// The process, by the names that every exporter has for it.
struct Process {
    resident: Gauge,
    cpu: Counter,
    open: Gauge,
    most: Gauge,
}

impl Process {
    fn new() -> Self {
        Self {
            resident: gauge!("process_resident_memory_bytes"),
            cpu: counter!("process_cpu_seconds_total"),
            open: gauge!("process_open_fds"),
            most: gauge!("process_max_fds"),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes that people read")]
    fn read(&self) {
        self.resident.set(memory::resident().unwrap_or_default() as f64);
        if let Some(seconds) = cpu_seconds() {
            self.cpu.absolute(seconds);
        }
        if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
            self.open.set(open.count() as f64);
        }
        if let Some(most) = getrlimit(Resource::Nofile).current {
            self.most.set(most as f64);
        }
    }
}

/// Of user and system, as `/proc/self/stat` has it.
fn cpu_seconds() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) / rustix::param::clock_ticks_per_second().max(1))
}

/// How many exits of each project are how.
#[derive(Default)]
struct Pools {
    /// Projects that have series of their own.
    named: HashSet<String>,
    gauges: HashMap<(String, &'static str), Gauge>,
}

impl Pools {
    fn read(&mut self, roster: &Roster, ledger: &Ledger) {
        let (mut counts, now) = (HashMap::<(String, &'static str), u32>::new(), Instant::now());
        let labels: HashMap<_, _> =
            roster.projects().map(|entry| (entry.id, self.label(&entry.spec.name))).collect();
        for exit in roster.exits() {
            let Some(project) = labels.get(&exit.connector.project) else { continue };
            let Some(health) = ledger.health(exit.id, now) else { continue };
            let rests = health.quarantined_for.is_some();
            let state = if rests { QUARANTINED } else { health.status.as_str() };
            *counts.entry((project.clone(), state)).or_default() += 1;
        }
        // All states of every project: a query then finds a zero and not nothing.
        let states = || Status::ALL.iter().map(|status| status.as_str()).chain([QUARANTINED]);
        for project in labels.into_values() {
            for state in states() {
                counts.entry((project.clone(), state)).or_default();
            }
        }
        for key in counts.keys() {
            let make = |(project, state): &(String, &'static str)| gauge!("octoprox_project_exits", "project" => project.clone(), "state" => *state);
            self.gauges.entry(key.clone()).or_insert_with(|| make(key));
        }
        for (key, gauge) in &self.gauges {
            gauge.set(f64::from(counts.get(key).copied().unwrap_or_default()));
        }
    }

    /// What is one too many is added up here: the recorder would only keep the last.
    fn label(&mut self, name: &str) -> String {
        if self.named.contains(name) || self.named.len() < MOST {
            self.named.insert(name.to_owned());
            return name.to_owned();
        }
        OTHER.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_processors_is_read() {
        let before = cpu_seconds().unwrap();
        assert!(before < 1 << 20, "{before} seconds");
    }
}
