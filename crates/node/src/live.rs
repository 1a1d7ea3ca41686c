//! What the control plane may see of the data plane of this node.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::{Live, RosterSource, TaskStatus};
use cluster::Member;
use model::{ConnectorId, Counters, Health, ProjectId, ProxyId, Revision};
use parking_lot::Mutex;
use reconcile::{Handle, Provenance, Statuses};
use rotation::{Ledger, Roster, rendezvous};
use tokio::sync::watch;
use tokio::time::Instant;

/// How old sums over all exits may be: they cost a look at each.
const FRESH: Duration = Duration::from_secs(1);

/// What the control plane may see.
pub(crate) struct Seen {
    roster: watch::Receiver<Arc<Roster>>,
    ledger: Arc<Ledger>,
    statuses: Statuses,
    provenance: watch::Receiver<Option<Provenance>>,
    sums: Mutex<Option<(Instant, HashMap<ConnectorId, Counters>)>>,
}

impl Seen {
    pub(crate) fn new(
        roster: watch::Receiver<Arc<Roster>>,
        ledger: Arc<Ledger>,
        tasks: &Handle,
    ) -> Self {
        let (statuses, provenance) = (tasks.statuses().clone(), tasks.roster_provenance());
        Self { roster, ledger, statuses, provenance, sums: Mutex::default() }
    }

    fn sum(&self) -> HashMap<ConnectorId, Counters> {
        let mut sums: HashMap<ConnectorId, Counters> = HashMap::new();
        for total in self.ledger.totals() {
            let (sum, more) = (sums.entry(total.connector).or_default(), total.counters);
            sum.requests += more.requests;
            sum.failures += more.failures;
            sum.bytes_sent += more.bytes_sent;
            sum.bytes_received += more.bytes_received;
            sum.latency_microseconds += more.latency_microseconds;
        }
        sums
    }
}

impl Live for Seen {
    fn health(&self, proxy: ProxyId) -> Option<Health> {
        self.ledger.health(proxy, Instant::now())
    }

    fn proxy(&self, proxy: ProxyId) -> Counters {
        self.ledger.counters(proxy)
    }

    fn connector(&self, connector: ConnectorId) -> Counters {
        let mut sums = self.sums.lock();
        if sums.as_ref().is_none_or(|(at, _)| at.elapsed() > FRESH) {
            *sums = Some((Instant::now(), self.sum()));
        }
        let found = sums.as_ref().and_then(|(_, sums)| sums.get(&connector));
        found.copied().unwrap_or_default()
    }

    fn project(&self, project: ProjectId) -> Counters {
        let totals = self.ledger.project_totals();
        totals.into_iter().find(|(id, _)| *id == project).map(|(_, sum)| sum).unwrap_or_default()
    }

    fn quarantine(&self, proxy: ProxyId, rest: Option<Duration>) -> bool {
        self.ledger.quarantine(proxy, rest, Instant::now())
    }

    fn revision(&self) -> Revision {
        self.roster.borrow().revision()
    }

    fn roster(&self) -> Option<RosterSource> {
        let source = |Provenance { origin, confirmed_at }| RosterSource {
            origin: origin.as_str(),
            confirmed_at,
        };
        (*self.provenance.borrow()).map(source)
    }

    fn exits(&self) -> usize {
        self.roster.borrow().exit_count()
    }

    fn exits_owned(&self, members: &[Member]) -> Vec<usize> {
        let probers = reconcile::probers(members);
        let mut owned: HashMap<&str, usize> = HashMap::new();
        for exit in self.roster.borrow().exits() {
            if let Some(owner) = rendezvous::owner(exit.id.uuid().as_u128(), &probers) {
                *owned.entry(probers[owner]).or_default() += 1;
            }
        }
        let owned_by = |member: &Member| owned.get(&*member.id).copied().unwrap_or_default();
        members.iter().map(owned_by).collect()
    }

    fn tasks(&self) -> Vec<TaskStatus> {
        let status = |status: reconcile::Status| TaskStatus {
            name: status.name.to_owned(),
            ended_at: status.ended_at,
            outcome: status.outcome,
            runs: status.runs,
            failures: status.failures,
            consecutive_failures: u64::from(status.consecutive_failures),
        };
        self.statuses.read().into_iter().map(status).collect()
    }
}
