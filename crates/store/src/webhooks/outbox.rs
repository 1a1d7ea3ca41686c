//! What webhooks are told: written in the transaction of the alert, and kept until it has arrived.

use jiff::Timestamp;
use model::alert::AlertKind;
use model::webhook::{Delivery, DeliveryState};
use model::{Alert, DeliveryId, WebhookId};
use serde_json::json;

use super::{Result, kinds};
use crate::alerts::told;
use crate::arguments::arguments;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::fence::Fenced;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::parse;

type Row = (
    String,
    String,
    String,
    String,
    String,
    String,
    i64,
    i64,
    Option<i64>,
    i64,
    Option<i64>,
    Option<String>,
);

/// How an attempt ended, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// What has become of the delivery.
    pub state: DeliveryState,
    /// When it is tried again, if it is.
    pub next_at: Timestamp,
    /// What the receiver answered.
    pub status: Option<u16>,
    /// Why it failed: a word.
    pub error: Option<&'static str>,
}

/// Writes down who is to be told that something became of an alert.
pub(crate) async fn write(
    transaction: &mut Transaction,
    (alert, event): (&Alert, &str),
    now: Timestamp,
) -> Result<()> {
    let select = "SELECT id, events FROM webhooks \
         WHERE enabled = $1 AND (project_id IS NULL OR project_id = $2) ORDER BY id";
    let arguments = arguments![true, alert.project];
    let webhooks = transaction.fetch::<(String, Option<String>)>(select, arguments).await?;
    let body = json!({ "type": event, "timestamp": now.to_string(), "data": told(alert) });
    let body = body.to_string();
    let insert = "INSERT INTO webhook_deliveries (id, webhook_id, alert_id, event, body, state, \
         attempts, created_at, next_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7) \
         ON CONFLICT DO NOTHING";
    for (webhook, events) in webhooks {
        if !wants(events.as_deref(), alert.kind)? {
            continue;
        }
        let state = DeliveryState::Pending.as_str();
        let (id, alert, body) = (DeliveryId::new(), alert.id, body.as_str());
        let arguments = arguments![id, webhook, alert, event, body, state, now];
        transaction.execute(insert, arguments).await?;
    }
    Ok(())
}

fn wants(events: Option<&str>, kind: AlertKind) -> Result<bool> {
    let events = events.map(kinds).transpose()?;
    Ok(events.is_none_or(|events| events.contains(&kind)))
}

/// What each webhook that is on is to be told now: the oldest first, and of each so many at most
/// that none keeps others from being looked at.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn due(store: &Store, each: u32, most: u32) -> Result<Vec<Delivery>> {
    let select = "SELECT id, webhook_id, alert_id, event, body, state, attempts, created_at, \
         attempted_at, next_at, status, error FROM (SELECT d.*, \
         ROW_NUMBER() OVER (PARTITION BY d.webhook_id ORDER BY d.id) AS place \
         FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id \
         WHERE d.state = 'pending' AND d.next_at <= $1 AND w.enabled = $2) AS waiting \
         WHERE place <= $3 ORDER BY id LIMIT $4";
    let arguments = arguments![store.clock().now(), true, i64::from(each), i64::from(most)];
    let rows = store.fetch::<Row>(select, arguments).await?;
    rows.into_iter().map(read_row).collect()
}

/// When the next delivery is due that waits; `None`: none does.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn next(store: &Store) -> Result<Option<Timestamp>> {
    let select = "SELECT MIN(d.next_at) FROM webhook_deliveries d \
         JOIN webhooks w ON w.id = d.webhook_id WHERE d.state = 'pending' AND w.enabled = $1";
    let rows = store.fetch::<(Option<i64>,)>(select, arguments![true]).await?;
    rows.first().and_then(|(at,)| *at).map(time).transpose()
}

/// Writes down how an attempt ended.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn attempted(fenced: &mut Fenced, id: DeliveryId, attempt: &Attempted) -> Result<()> {
    let update = "UPDATE webhook_deliveries SET state = $1, attempts = attempts + 1, \
         attempted_at = $2, next_at = $3, status = $4, error = $5 \
         WHERE id = $6 AND state = 'pending'";
    let now = fenced.now();
    let status = attempt.status.map(i64::from);
    let error = attempt.error.map(str::to_owned);
    let arguments = arguments![attempt.state.as_str(), now, attempt.next_at, status, error, id];
    fenced.execute(update, arguments).await.map(|_rows| ())
}

/// Gives up what a webhook was still to be told.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn give_up(fenced: &mut Fenced, webhook: WebhookId, error: &'static str) -> Result<()> {
    let update = "UPDATE webhook_deliveries SET state = 'dead', error = $1 \
         WHERE webhook_id = $2 AND state = 'pending'";
    fenced.execute(update, arguments![error, webhook]).await.map(|_rows| ())
}

/// Deletes deliveries that were written before then, `rows` of them at most, and says how many it
/// deleted.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn forget(fenced: &mut Fenced, before: Timestamp, rows: u32) -> Result<u64> {
    let delete = "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries \
         WHERE created_at < $1 ORDER BY created_at LIMIT $2)";
    fenced.execute(delete, arguments![before, i64::from(rows)]).await
}

/// What a webhook was told, the newest first.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(store: &Store, webhook: WebhookId, page: &Page) -> Result<Listed<Delivery>> {
    let count = "SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = $1";
    let select = "SELECT id, webhook_id, alert_id, event, body, state, attempts, created_at, \
         attempted_at, next_at, status, error FROM webhook_deliveries \
         WHERE webhook_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    let total = store.fetch(count, arguments![webhook]).await?;
    let before = page.after.map_or_else(|| "g".to_owned(), |id| id.to_string());
    let rows = store.fetch(select, arguments![webhook, before, page.fetch_limit()]).await?;
    page.listed(rows, &total, |row| read_row(row).map(|delivery| (delivery.id.uuid(), delivery)))
}

fn read_row(row: Row) -> Result<Delivery> {
    let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Delivery {
        id: parse("delivery", &row.0)?,
        webhook: parse("delivery", &row.1)?,
        alert: Some(parse("delivery", &row.2)?),
        event: row.3,
        body: row.4,
        state: parse("delivery", &row.5)?,
        attempts: small(row.6),
        created_at: time(row.7)?,
        attempted_at: row.8.map(time).transpose()?,
        next_at: time(row.9)?,
        status: row.10.and_then(|status| u16::try_from(status).ok()),
        error: row.11,
    })
}

fn time(millisecond: i64) -> Result<Timestamp> {
    let at = Timestamp::from_millisecond(millisecond);
    at.map_err(|error| StoreError::corrupt("delivery", error))
}
