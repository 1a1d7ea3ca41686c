//! Projects and connectors whose exits do not do their work.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use model::alert::{AlertKind, Condition, Severity, Subject, SubjectKind};
use model::proxy::Status;
use model::{Alert, ConnectorId, ProjectId};
use rotation::{Ledger, Roster};
use store::{Store, StoreError, usage};
use tokio::time::Instant;

/// Fewer than so many in a hundred of what a project has enabled can be used.
const USABLE: usize = 50;
/// Fewer than so many in a hundred exits of a connector work.
const WORKING: usize = 34;
/// More than so many in a hundred requests of a project fail because of exits.
const FAILING: u64 = 50;
/// What is open stays so until it is better by so many in a hundred.
const MARGIN: usize = 10;
/// Requests that say something about a project, and the time in which they were.
const ENOUGH: u64 = 20;
const LATELY: Duration = Duration::from_mins(5);

/// Some of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) some: usize,
    pub(super) all: usize,
}

/// How many exits can be used, and how many work.
#[derive(Debug, Default)]
pub(super) struct Shares {
    pub(super) usable: HashMap<ProjectId, Share>,
    pub(super) working: HashMap<ConnectorId, Share>,
}

impl Share {
    fn add(&mut self, is_one: bool) {
        self.all += 1;
        self.some += usize::from(is_one);
    }

    /// Whether it is less than so many in a hundred; of one that was less, whether it is still not
    /// clearly more.
    pub(super) fn is_low(self, least: usize, was_low: bool) -> bool {
        let least = if was_low { least + MARGIN } else { least };
        self.all > 0 && self.some * 100 < self.all * least
    }
}

impl Shares {
    /// Looks at every exit: not for a thread that others wait for.
    pub(super) fn of(roster: &Roster, ledger: &Ledger) -> Self {
        let (mut shares, now) = (Self::default(), Instant::now());
        for exit in roster.exits().filter(|exit| exit.connector.spec.enabled) {
            let Some(health) = ledger.health(exit.id, now) else { continue };
            let works = health.status != Status::Unhealthy;
            let rests = health.quarantined_for.is_some();
            let is_usable = works && !rests && health.status != Status::Draining;
            shares.usable.entry(exit.connector.project).or_default().add(is_usable);
            shares.working.entry(exit.connector.id).or_default().add(works);
        }
        shares
    }

    pub(super) fn conditions(&self, roster: &Roster, open: &[Alert]) -> Vec<Condition> {
        let projects = roster.projects().filter(|project| project.spec.enabled);
        let shrank = projects.filter_map(|project| {
            let share = *self.usable.get(&project.id)?;
            let subject = Subject {
                kind: SubjectKind::Project,
                id: project.id.to_string(),
                name: project.spec.name.clone(),
            };
            let low = Low { kind: AlertKind::PoolShrank, project: project.id, subject };
            low.condition(share, USABLE, open)
        });
        let connectors = roster.connectors().filter(|connector| connector.spec.enabled);
        let unhealthy = connectors.filter_map(|connector| {
            let share = *self.working.get(&connector.id)?;
            let subject = Subject {
                kind: SubjectKind::Connector,
                id: connector.id.to_string(),
                name: connector.spec.name.clone(),
            };
            let project = connector.project;
            let low = Low { kind: AlertKind::ExitsUnhealthy, project, subject };
            low.condition(share, WORKING, open)
        });
        shrank.chain(unhealthy).collect()
    }
}

/// What may be too few.
struct Low {
    kind: AlertKind,
    project: ProjectId,
    subject: Subject,
}

impl Low {
    fn condition(self, share: Share, least: usize, open: &[Alert]) -> Option<Condition> {
        let Self { kind, project, subject } = self;
        if !share.is_low(least, was_open(open, kind, &subject.id)) {
            return None;
        }
        let what = if kind == AlertKind::PoolShrank { "can be used" } else { "work" };
        let Share { some, all } = share;
        let text = format!("Of {all} exits that {} has enabled, {some} {what}.", subject.name);
        let severity = if some == 0 { Severity::Critical } else { Severity::Warning };
        Some(condition(kind, (project, subject), (severity, text)))
    }
}

fn was_open(open: &[Alert], kind: AlertKind, key: &str) -> bool {
    open.iter().any(|alert| alert.kind == kind && alert.key == key)
}

fn condition(
    kind: AlertKind,
    (project, subject): (ProjectId, Subject),
    (severity, text): (Severity, String),
) -> Condition {
    let key = subject.id.clone();
    Condition { kind, key, severity, project: Some(project), subject, text, once_since: None }
}

/// Projects of which many requests failed lately because of exits.
pub(super) async fn failing(
    store: &Store,
    (roster, open): (&Roster, &[Alert]),
    now: Timestamp,
) -> Result<Vec<Condition>, StoreError> {
    let blamed = usage::blamed_on_exits(store, now - LATELY).await?;
    let conditions = blamed.into_iter().filter_map(|(id, requests, failed)| {
        let project = roster.project(id)?;
        let kind = AlertKind::ExitsFailing;
        let was_failing = was_open(open, kind, &id.to_string());
        let most = if was_failing { FAILING - MARGIN as u64 } else { FAILING };
        if requests < ENOUGH || failed * 100 <= requests * most {
            return None;
        }
        let name = project.spec.name.clone();
        let text = format!(
            "Of {requests} requests of {name} in five minutes, {failed} failed because of exits."
        );
        let subject = Subject { kind: SubjectKind::Project, id: id.to_string(), name };
        Some(condition(kind, (id, subject), (Severity::Warning, text)))
    });
    Ok(conditions.collect())
}
