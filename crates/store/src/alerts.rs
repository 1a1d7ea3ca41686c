//! Alerts: opened once, touched while they last, resolved when they are over; and each time those
//! are written down who are to be told, in the same transaction.

mod rows;

use std::time::Duration;

use jiff::Timestamp;
use model::alert::{AlertKind, Condition};
use model::{Alert, AlertId, ProjectId};

pub(crate) use self::rows::told;
use self::rows::{Row, read_row};
use crate::arguments::{Argument, arguments};
use crate::database::Transaction;
use crate::error::StoreError;
use crate::fence::Fenced;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::webhooks::outbox;

type Result<T> = std::result::Result<T, StoreError>;

/// Between two notes that an alert lasts.
const NOTED: Duration = Duration::from_mins(1);

/// What became of alerts in one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Those that are new.
    pub opened: Vec<Alert>,
    /// Those that are over.
    pub resolved: Vec<Alert>,
}

/// Which alerts are wanted; what is `None` narrows nothing down.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those that last, or those that are over.
    pub is_open: Option<bool>,
    /// Of one kind.
    pub kind: Option<AlertKind>,
    /// Of one project.
    pub project: Option<ProjectId>,
    /// Of these projects and no others; `None`: whosever they are.
    pub of: Option<Vec<ProjectId>>,
}

/// Opens what is new among `found`, notes that the others last, and resolves those that are `over`.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn settle(fenced: &mut Fenced, found: &[Condition], over: &[AlertId]) -> Result<Settled> {
    let now = fenced.now();
    let transaction = fenced.transaction();
    let mut settled = Settled::default();
    for id in over {
        settled.resolved.extend(resolve(transaction, *id, now).await?);
    }
    for condition in found {
        settled.opened.extend(raise(transaction, condition, now).await?);
    }
    Ok(settled)
}

/// Opens an alert, or notes that it lasts: for what has to be said whoever is elected, or nobody is.
/// Of nodes that do at once one opens it; it is returned to that one.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn report(store: &Store, condition: &Condition) -> Result<Option<Alert>> {
    let mut transaction = store.aside().await?;
    let opened = raise(&mut transaction, condition, store.clock().now()).await?;
    transaction.commit().await?;
    Ok(opened)
}

async fn raise(
    transaction: &mut Transaction,
    condition: &Condition,
    now: Timestamp,
) -> Result<Option<Alert>> {
    let touch = "UPDATE alerts SET count = count + CASE WHEN last_seen_at <= $1 THEN 1 ELSE 0 END, \
         last_seen_at = CASE WHEN last_seen_at <= $1 THEN $2 ELSE last_seen_at END, \
         severity = $3, text = $4 WHERE kind = $5 AND key = $6 AND resolved_at IS NULL";
    let Condition { kind, key, severity, text, once_since, .. } = condition;
    let arguments =
        arguments![now - NOTED, now, severity.as_str(), text.as_str(), kind.as_str(), key.as_str()];
    if transaction.execute(touch, arguments).await? > 0 {
        return Ok(None);
    }
    if let Some(since) = once_since {
        let past = "SELECT 1 FROM alerts WHERE kind = $1 AND key = $2 AND opened_at >= $3 LIMIT 1";
        let arguments = arguments![kind.as_str(), key.as_str(), *since];
        if !transaction.fetch::<(i32,)>(past, arguments).await?.is_empty() {
            return Ok(None);
        }
    }
    let alert = rows::opened(condition, now);
    if transaction.execute(rows::INSERT, rows::arguments(&alert)).await? == 0 {
        return Ok(None);
    }
    outbox::write(transaction, (&alert, "alert.opened"), now).await?;
    Ok(Some(alert))
}

async fn resolve(
    transaction: &mut Transaction,
    id: AlertId,
    now: Timestamp,
) -> Result<Option<Alert>> {
    let update = "UPDATE alerts SET resolved_at = $1 WHERE id = $2 AND resolved_at IS NULL";
    if transaction.execute(update, arguments![now, id]).await? == 0 {
        return Ok(None);
    }
    let rows = transaction.fetch::<Row>(FIND, arguments![id]).await?;
    let Some(alert) = rows.into_iter().next().map(read_row).transpose()? else { return Ok(None) };
    outbox::write(transaction, (&alert, "alert.resolved"), now).await?;
    Ok(Some(alert))
}

/// Notes who knows of an alert; the first who said so stays. `None`: there is no such alert.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn acknowledge(store: &Store, id: AlertId, by: &str) -> Result<Option<Alert>> {
    let mut transaction = store.aside().await?;
    let update = "UPDATE alerts SET acknowledged_at = $1, acknowledged_by = $2 \
         WHERE id = $3 AND acknowledged_at IS NULL";
    transaction.execute(update, arguments![store.clock().now(), by, id]).await?;
    let rows = transaction.fetch::<Row>(FIND, arguments![id]).await?;
    transaction.commit().await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Deletes alerts that were over before then, `rows` of them at most, and says how many it deleted.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn forget(fenced: &mut Fenced, before: Timestamp, rows: u32) -> Result<u64> {
    let delete = "DELETE FROM alerts WHERE id IN \
         (SELECT id FROM alerts WHERE resolved_at < $1 ORDER BY resolved_at LIMIT $2)";
    fenced.execute(delete, arguments![before, i64::from(rows)]).await
}

const FIND: &str = "SELECT id, kind, key, severity, project_id, subject_kind, subject_id, \
     subject_name, text, opened_at, last_seen_at, count, resolved_at, acknowledged_at, \
     acknowledged_by FROM alerts WHERE id = $1";

/// The alert, if there is one.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(store: &Store, id: AlertId) -> Result<Option<Alert>> {
    let rows = store.fetch::<Row>(FIND, arguments![id]).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Every alert that lasts.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn open(store: &Store) -> Result<Vec<Alert>> {
    let select = "SELECT id, kind, key, severity, project_id, subject_kind, subject_id, \
         subject_name, text, opened_at, last_seen_at, count, resolved_at, acknowledged_at, \
         acknowledged_by FROM alerts WHERE resolved_at IS NULL ORDER BY id";
    let rows = store.fetch::<Row>(select, vec![]).await?;
    rows.into_iter().map(read_row).collect()
}

macro_rules! with_conditions {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " FROM alerts WHERE ($1 IS NULL OR kind = $1) AND ($2 IS NULL OR project_id = $2) \
             AND ($3 IS NULL OR (resolved_at IS NULL) = ($3 = 1)) \
             AND ($4 IS NULL OR (project_id IS NOT NULL \
             AND $4 LIKE '%' || project_id || '%'))",
            $after
        )
    };
}

const COUNT: &str = with_conditions!("SELECT COUNT(*)", "");
const LIST: &str = with_conditions!(
    "SELECT id, kind, key, severity, project_id, subject_kind, subject_id, subject_name, text, \
     opened_at, last_seen_at, count, resolved_at, acknowledged_at, acknowledged_by",
    " AND id < $5 ORDER BY id DESC LIMIT $6"
);

/// Alerts, the newest first.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn list(store: &Store, filter: &Filter, page: &Page) -> Result<Listed<Alert>> {
    let mut arguments = conditions(filter);
    let total = store.fetch(COUNT, arguments.clone()).await?;
    // Identifiers are compared as text; `g` comes behind all of them.
    let before = page.after.map_or_else(|| "g".to_owned(), |id| id.to_string());
    arguments.extend(arguments![before, page.fetch_limit()]);
    let rows = store.fetch(LIST, arguments).await?;
    page.listed(rows, &total, |row| read_row(row).map(|alert| (alert.id.uuid(), alert)))
}

fn conditions(filter: &Filter) -> Vec<Argument> {
    let of = filter.of.as_ref().map(|ids| crate::stored::texts(ids).join(","));
    let kind = filter.kind.map(|kind| kind.as_str().to_owned());
    arguments![kind, filter.project, filter.is_open, of]
}
