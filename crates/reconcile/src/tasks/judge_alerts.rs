//! What people should know of: found out by every node, judged by one at a time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use cluster::{Cluster, Member, Notice, Op, Signal};
use jiff::Timestamp;
use metrics::gauge;
use model::alert::{AlertKind, Condition};
use model::{Alert, AlertId, Clock, Revision};
use rotation::{Ledger, Roster};
use store::webhooks::outbox;
use store::{Store, alerts};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::activator::Activator;
use crate::error::ReconcileError;
use crate::office::Office;
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

mod caps;
mod exits;
mod nodes;
mod outages;

use exits::Shares;
use nodes::Nodes;
use outages::Outages;

/// The lease under which it is done.
const LEASE: &str = "alert_judge";
/// A node that has just started knows little of its exits.
const SETTLED: Duration = Duration::from_secs(30);
/// Between two notes that an alert lasts.
const NOTED: Duration = Duration::from_mins(1);
/// How long deliveries are kept, whatever became of them.
const DELIVERIES_KEPT: Duration = Duration::from_hours(30 * 24);
/// Rows that are forgotten in one transaction.
const ROWS: u32 = 2_000;
/// Between two looks for what can be forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(10);

/// What people should know of.
pub(crate) struct JudgeAlerts {
    store: Store,
    cluster: Cluster,
    clock: Clock,
    office: Office,
    roster: watch::Receiver<Arc<Roster>>,
    ledger: Arc<Ledger>,
    tracker: TaskTracker,
    outages: Outages,
    nodes: Nodes,
    /// Since when what has to last for a while has been so.
    since: HashMap<(AlertKind, String), Instant>,
    patience: Duration,
    began: Instant,
    keep: Duration,
    forgot_at: Option<Instant>,
}

/// By what is decided whether something is over.
struct View<'a> {
    members: &'a [Member],
    /// Whether this node has been there for long enough to know.
    knows_exits: bool,
    now: Timestamp,
}

/// What is to be written.
#[derive(Default)]
struct Plan {
    found: Vec<Condition>,
    over: Vec<AlertId>,
}

impl JudgeAlerts {
    pub(crate) fn new(parts: &Parts, activator: Activator) -> Self {
        let office = Office::stand(&parts.store, &parts.cluster, LEASE);
        office.wakes(activator, &parts.tracker, &parts.stop);
        Self {
            store: parts.store.clone(),
            cluster: parts.cluster.clone(),
            clock: parts.clock.clone(),
            office,
            roster: parts.roster.subscribe(),
            ledger: Arc::clone(&parts.ledger),
            tracker: parts.tracker.clone(),
            outages: Outages::new(&parts.cluster),
            nodes: Nodes::new(&parts.cluster),
            since: HashMap::new(),
            began: Instant::now(),
            patience: parts.settings.alert_patience,
            keep: parts.settings.alerts_kept,
            forgot_at: None,
        }
    }

    /// What is wrong now, of what one node judges for all.
    async fn find(&mut self, open: &[Alert]) -> Result<Vec<Condition>, ReconcileError> {
        let roster = Arc::clone(&self.roster.borrow());
        let now = self.clock.now();
        let mut found = caps::find(&self.store, &roster, now).await?;
        let failing = exits::failing(&self.store, (&roster, open), now).await?;
        let (ledger, drawn) = (Arc::clone(&self.ledger), Arc::clone(&roster));
        let sharing = self.tracker.spawn_blocking(move || Shares::of(&drawn, &ledger));
        let shares = sharing.await.map_err(ReconcileError::Build)?;
        let few = shares.conditions(&roster, open);
        found.extend(self.lasting(few.into_iter().chain(failing).collect(), open));
        found.extend(self.nodes.conditions());
        Ok(found)
    }

    /// Those that have lasted for long enough, or have been told already.
    fn lasting(&mut self, found: Vec<Condition>, open: &[Alert]) -> Vec<Condition> {
        let name = |condition: &Condition| (condition.kind, condition.key.clone());
        let present: HashSet<_> = found.iter().map(name).collect();
        self.since.retain(|name, _| present.contains(name));
        let (now, patience) = (Instant::now(), self.patience);
        let lasts = |condition: &Condition| {
            let since = *self.since.entry(name(condition)).or_insert(now);
            now.duration_since(since) >= patience || is_open(open, condition)
        };
        found.into_iter().filter(lasts).collect()
    }

    /// Writes what is to be written, and tells people of it; `false`: it is another node's turn.
    async fn settle(&mut self, plan: Plan) -> Result<bool, ReconcileError> {
        if plan.found.is_empty() && plan.over.is_empty() {
            return Ok(true);
        }
        let Some(mut fenced) = self.office.begin().await? else { return Ok(false) };
        let settled = alerts::settle(&mut fenced, &plan.found, &plan.over).await?;
        fenced.commit().await?;
        for alert in &settled.opened {
            tell(&self.cluster, alert, Op::Added).await;
        }
        for alert in &settled.resolved {
            tell(&self.cluster, alert, Op::Updated).await;
        }
        Ok(true)
    }

    async fn forget(&mut self) -> Result<(), ReconcileError> {
        if self.forgot_at.is_some_and(|at| at.elapsed() < FORGET_EVERY) {
            return Ok(());
        }
        let Some(mut fenced) = self.office.begin().await? else { return Ok(()) };
        let now = self.clock.now();
        let gone = alerts::forget(&mut fenced, now - self.keep, ROWS).await?;
        let told = outbox::forget(&mut fenced, now - DELIVERIES_KEPT, ROWS).await?;
        fenced.commit().await?;
        if gone < ROWS.into() && told < ROWS.into() {
            self.forgot_at = Some(Instant::now());
        }
        Ok(())
    }
}

impl Task for JudgeAlerts {
    const NAME: &'static str = "judge_alerts";

    async fn activate(&mut self) -> Report {
        self.outages.look(&self.store).await;
        let open = self.outages.asked(alerts::open(&self.store).await)?;
        self.outages.is_back(&self.store).await;
        show(&open);
        self.nodes.look(&self.store).await?;
        // Before there is a roster, nothing is known to be well.
        if !self.office.is_held() || self.roster.borrow().revision() == Revision(0) {
            return Ok(Done::new("another node's turn"));
        }
        let found = self.find(&open).await?;
        let members = self.cluster.members().borrow().clone();
        let view = View {
            members: &members,
            knows_exits: self.began.elapsed() >= SETTLED,
            now: self.clock.now(),
        };
        let plan = plan(found, &open, &view);
        if !self.settle(plan).await? {
            return Ok(Done::new("another node's turn"));
        }
        self.forget().await?;
        Ok(Done::new(format!("{} alerts were open", open.len())))
    }
}

fn is_open(open: &[Alert], condition: &Condition) -> bool {
    open.iter().any(|alert| alert.kind == condition.kind && alert.key == condition.key)
}

/// What is new or has to be noted again, and what is over.
fn plan(found: Vec<Condition>, open: &[Alert], view: &View<'_>) -> Plan {
    let now = view.now;
    let lasts = |alert: &Alert| {
        found.iter().any(|condition| condition.kind == alert.kind && condition.key == alert.key)
    };
    let is_over = |alert: &&Alert| match alert.kind {
        // Whoever sees them says so again and again.
        AlertKind::ClusterDegraded | AlertKind::DatabaseAway => outages::is_over(alert, now),
        AlertKind::NodeLost | AlertKind::LeaseTakenOver => nodes::is_over(alert, view.members, now),
        AlertKind::PoolShrank | AlertKind::ExitsUnhealthy => view.knows_exits && !lasts(alert),
        _ => !lasts(alert),
    };
    let over = open.iter().filter(is_over).map(|alert| alert.id).collect();
    let is_noted = |condition: &Condition| {
        let same = |alert: &&Alert| alert.kind == condition.kind && alert.key == condition.key;
        let known = open.iter().find(same);
        known.is_some_and(|alert| now < alert.last_seen_at + NOTED)
    };
    let found = found.into_iter().filter(|condition| !is_noted(condition)).collect();
    Plan { found, over }
}

async fn tell(cluster: &Cluster, alert: &Alert, op: Op) {
    let (signal, entity, revision) = (Signal::AlertChanged, Some(alert.id.uuid()), Revision(0));
    tracing::info!(
        alert.id = %alert.id,
        alert.kind = alert.kind.as_str(),
        alert.open = alert.resolved_at.is_none(),
        alert.text,
        "an alert"
    );
    cluster.notify(Notice { signal, entity, op, revision }).await;
}

/// How many are open, of each kind.
fn show(open: &[Alert]) {
    for kind in AlertKind::ALL {
        let count = open.iter().filter(|alert| alert.kind == *kind).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        gauge!("octoprox_alerts_open", "kind" => kind.as_str()).set(count);
    }
}

#[cfg(test)]
mod tests;
