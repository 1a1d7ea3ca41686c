//! What the control plane may see of the data plane of this node.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::{
    Explained, Live, NotPassed, Passed, Question, RosterSource, SessionSeen, SessionsWanted,
    Sighting, Soon, TaskStatus, Tested,
};
use cluster::Member;
use dial::Dialer;
use model::proxy::Protocol;
use model::{ConnectorId, Counters, Health, Host, ProjectId, ProxyId, Revision};
use parking_lot::Mutex;
use reconcile::{Handle, Provenance, Statuses};
use rotation::{Alive, Ledger, Roster, Sessions, rendezvous};
use tokio::sync::watch;
use tokio::time::Instant;

mod explain;

use crate::telemetry::log;

/// How old sums over all exits may be: they cost a look at each.
const FRESH: Duration = Duration::from_secs(1);

/// What the control plane may see.
pub(crate) struct Seen {
    roster: watch::Receiver<Arc<Roster>>,
    ledger: Arc<Ledger>,
    statuses: Statuses,
    tasks: Handle,
    provenance: watch::Receiver<Option<Provenance>>,
    sessions: Arc<Sessions>,
    dialer: Dialer,
    sums: Mutex<Option<(Instant, HashMap<ConnectorId, Counters>)>>,
}

impl Seen {
    pub(crate) fn new(
        roster: watch::Receiver<Arc<Roster>>,
        ledger: Arc<Ledger>,
        tasks: &Handle,
        (sessions, dialer): (Arc<Sessions>, Dialer),
    ) -> Self {
        let (statuses, provenance) = (tasks.statuses().clone(), tasks.roster_provenance());
        let (tasks, sums) = (tasks.clone(), Mutex::default());
        Self { roster, ledger, statuses, tasks, provenance, sessions, dialer, sums }
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

    fn quarantine_all<'a>(
        &'a self,
        proxies: &'a [ProxyId],
        rest: Option<Duration>,
    ) -> Soon<'a, usize> {
        Box::pin(self.ledger.quarantine_all(proxies, rest, Instant::now()))
    }

    fn exits_of(&self, project: ProjectId) -> Vec<Sighting> {
        let (roster, now) = (Arc::clone(&self.roster.borrow()), Instant::now());
        let exits = roster.exits_of(project);
        let proxies = exits.filter(|exit| exit.endpoint.protocol != Protocol::Direct);
        let seen = proxies.map(|exit| {
            let health = exit.health(now);
            Sighting {
                exit: exit.id,
                connector: exit.connector.id,
                country: exit.traits.place.country,
                status: health.status,
                is_resting: health.quarantined_for.is_some(),
            }
        });
        seen.collect()
    }

    fn test(&self, proxies: Vec<ProxyId>) -> Soon<'_, Option<Vec<Tested>>> {
        Box::pin(async move {
            let probed = self.tasks.probe(proxies).await?;
            Some(probed.into_iter().map(tested).collect())
        })
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

    fn project_of(&self, connector: ConnectorId) -> Option<ProjectId> {
        let roster = self.roster.borrow();
        let mut connectors = roster.connectors();
        connectors.find(|known| known.id == connector).map(|known| known.project)
    }

    fn explain(&self, question: Question) -> Option<Explained> {
        let roster = Arc::clone(&self.roster.borrow());
        explain::answer(&roster, question, (&self.dialer, &self.sessions))
    }

    fn sessions(&self, project: ProjectId, wanted: &SessionsWanted) -> Vec<SessionSeen> {
        let fits = |session: &str, exit| wanted.fits(session, exit);
        let alive = self.sessions.alive(project, fits, Instant::now());
        let seen = |alive: Alive| SessionSeen {
            session: alive.session.into(),
            exit: alive.exit,
            connector: alive.connector,
            country: alive.country,
            age: alive.age,
            idle: alive.idle,
            left: alive.left,
            is_told: alive.is_told,
        };
        alive.into_iter().map(seen).collect()
    }

    fn rotate_session(&self, project: ProjectId, session: &str, exit: ProxyId) -> bool {
        let roster = Arc::clone(&self.roster.borrow());
        let Some(entry) = roster.project(project) else { return false };
        let (time, now) = (entry.spec.session.idle, Instant::now());
        let has_another = entry.rotate_session((session, exit), time, now);
        // In this order: whoever binds it between the two finds the exit marked.
        has_another && {
            self.sessions.end((project, session), exit, now);
            true
        }
    }

    fn keep_from(
        &self,
        project: ProjectId,
        (exit, host): (ProxyId, &Host),
        limits: (Duration, u8),
    ) -> Option<bool> {
        let roster = Arc::clone(&self.roster.borrow());
        let entry = roster.project(project).filter(|entry| entry.has_exit(exit))?;
        Some(entry.keep_from((exit, host), limits, Instant::now()))
    }

    fn log_filter(&self) -> String {
        log::in_force()
    }

    fn may_log(&self, filter: &str) -> bool {
        log::is_filter(filter)
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

fn tested(reconcile::Probed { proxy, outcome }: reconcile::Probed) -> Tested {
    let passed = |reconcile::Passed { latency, address }| Passed { latency, address };
    let failed = |reconcile::NotPassed { error, detail }| NotPassed { error, detail };
    Tested { proxy, outcome: outcome.map(passed).map_err(failed) }
}
