//! Caps that are used up, or nearly.

use jiff::Timestamp;
use model::alert::{AlertKind, Condition, Severity, Subject, SubjectKind};
use model::spending::{CapAction, Measure};
use model::{Cap, ProjectId, Spent};
use rotation::Roster;
use store::usage::{self, DaySpent};
use store::{Store, StoreError};

/// The share of a cap, in percent, from which on it is nearly used up.
const NEAR: u128 = 80;

/// A project or a connector that has caps.
pub(super) struct Capped {
    pub(super) project: ProjectId,
    pub(super) subject: Subject,
    pub(super) caps: Vec<Cap>,
}

/// Caps that are used up, or nearly, in their period now.
pub(super) async fn find(
    store: &Store,
    roster: &Roster,
    now: Timestamp,
) -> Result<Vec<Condition>, StoreError> {
    let capped = capped(roster);
    let caps = capped.iter().flat_map(|capped| &capped.caps);
    let Some(since) = caps.map(|cap| cap.period.bounds(now).0).min() else {
        return Ok(Vec::new());
    };
    let subjects: Vec<_> = capped.iter().map(|capped| capped.subject.id.clone()).collect();
    let days = usage::spent(store, &subjects, since).await?;
    Ok(capped.iter().flat_map(|capped| capped.conditions(&days, now)).collect())
}

fn capped(roster: &Roster) -> Vec<Capped> {
    let projects = roster.projects().map(|project| Capped {
        project: project.id,
        subject: Subject {
            kind: SubjectKind::Project,
            id: project.id.to_string(),
            name: project.spec.name.clone(),
        },
        caps: project.spec.caps.clone(),
    });
    let connectors = roster.connectors().map(|connector| Capped {
        project: connector.project,
        subject: Subject {
            kind: SubjectKind::Connector,
            id: connector.id.to_string(),
            name: connector.spec.name.clone(),
        },
        caps: connector.spec.caps.clone(),
    });
    projects.chain(connectors).filter(|capped| !capped.caps.is_empty()).collect()
}

impl Capped {
    pub(super) fn conditions(&self, days: &[DaySpent], now: Timestamp) -> Vec<Condition> {
        let mine: Vec<_> = days.iter().filter(|day| day.subject == self.subject.id).collect();
        let mut found = Vec::new();
        for cap in &self.caps {
            let (from, _) = cap.period.bounds(now);
            let days = mine.iter().filter(|day| day.day >= from);
            let spent = days.fold(Spent::default(), |sum, day| sum.and(&day.spent));
            let used = spent.of(cap.measure);
            // Both are open once it is used up: each is told once in a period.
            if u128::from(used) * 100 >= u128::from(cap.limit) * NEAR {
                found.push(self.condition(AlertKind::CapNear, (cap, used), from));
            }
            if used >= cap.limit {
                found.push(self.condition(AlertKind::CapReached, (cap, used), from));
            }
        }
        found
    }

    fn condition(&self, kind: AlertKind, (cap, used): (&Cap, u64), from: Timestamp) -> Condition {
        let Cap { measure, limit, period, .. } = cap;
        let percent = u128::from(used) * 100 / u128::from(*limit).max(1);
        let unit = match measure {
            Measure::Bytes => "bytes",
            Measure::Requests => "requests",
            Measure::Cost => "10^-6 of the currency",
        };
        let then = match (kind, cap.action) {
            (AlertKind::CapReached, CapAction::Block) => " New requests are refused.",
            (AlertKind::CapReached, CapAction::Interrupt) => " Everything is refused and ended.",
            _ => "",
        };
        let name = &self.subject.name;
        let text = format!(
            "{name} has used {used} of {limit} {unit} of the {period} ({percent} %).{then}"
        );
        let severity = match kind {
            AlertKind::CapReached => Severity::Critical,
            _ => Severity::Warning,
        };
        Condition {
            kind,
            // Another period is another alert, even if nobody has looked in between.
            key: format!("{}/{measure}/{limit}/{period}/{from}", self.subject.id),
            severity,
            project: Some(self.project),
            subject: self.subject.clone(),
            text,
            once_since: Some(from),
        }
    }
}
