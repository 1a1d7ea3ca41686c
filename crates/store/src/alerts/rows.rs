//! Alerts as rows, and as receivers are told of them.

use jiff::Timestamp;
use model::alert::{Condition, Subject};
use model::{Alert, AlertId};
use serde_json::{Value, json};

use super::Result;
use crate::arguments::{Argument, arguments};
use crate::error::StoreError;
use crate::stored::parse;

pub(super) type Row = (
    String,
    String,
    String,
    String,
    Option<String>,
    String,
    String,
    String,
    String,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    Option<String>,
);

/// The index decides who opens it, whoever tries at the same time.
pub(super) const INSERT: &str = "INSERT INTO alerts (id, kind, key, severity, project_id, \
     subject_kind, subject_id, subject_name, text, opened_at, last_seen_at, count) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 1) ON CONFLICT DO NOTHING";

/// What [`INSERT`] takes.
pub(super) fn arguments(alert: &Alert) -> Vec<Argument> {
    let Subject { kind, id, name } = &alert.subject;
    arguments![
        alert.id,
        alert.kind.as_str(),
        alert.key.as_str(),
        alert.severity.as_str(),
        alert.project,
        kind.as_str(),
        id.as_str(),
        name.as_str(),
        alert.text.as_str(),
        alert.opened_at,
    ]
}

/// The alert that a condition opens.
pub(super) fn opened(condition: &Condition, now: Timestamp) -> Alert {
    Alert {
        id: AlertId::new(),
        kind: condition.kind,
        key: condition.key.clone(),
        severity: condition.severity,
        project: condition.project,
        subject: condition.subject.clone(),
        text: condition.text.clone(),
        opened_at: now,
        last_seen_at: now,
        count: 1,
        resolved_at: None,
        acknowledged_at: None,
        acknowledged_by: None,
    }
}

pub(super) fn read_row(row: Row) -> Result<Alert> {
    Ok(Alert {
        id: parse("alert", &row.0)?,
        kind: parse("alert", &row.1)?,
        key: row.2,
        severity: parse("alert", &row.3)?,
        project: row.4.as_deref().map(|id| parse("alert", id)).transpose()?,
        subject: Subject { kind: parse("alert", &row.5)?, id: row.6, name: row.7 },
        text: row.8,
        opened_at: time(row.9)?,
        last_seen_at: time(row.10)?,
        count: row.11.cast_unsigned(),
        resolved_at: row.12.map(time).transpose()?,
        acknowledged_at: row.13.map(time).transpose()?,
        acknowledged_by: row.14,
    })
}

fn time(millisecond: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(millisecond).map_err(|error| StoreError::corrupt("alert", error))
}

/// What a receiver is told of an alert.
pub(crate) fn told(alert: &Alert) -> Value {
    json!({
        "id": alert.id.to_string(),
        "kind": alert.kind.as_str(),
        "severity": alert.severity.as_str(),
        "project_id": alert.project.map(|id| id.to_string()),
        "subject_kind": alert.subject.kind.as_str(),
        "subject_id": alert.subject.id,
        "subject_name": alert.subject.name,
        "text": alert.text,
        "opened_at": alert.opened_at.to_string(),
        "resolved_at": alert.resolved_at.map(|at| at.to_string()),
    })
}
