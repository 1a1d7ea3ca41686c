//! Usage: written in batches that count once, read in ranges.

mod thin;

use jiff::Timestamp;
use model::{ConnectorId, Counters, ProjectId, ProxyId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::arguments::{Argument, arguments};
use crate::batch;
use crate::error::StoreError;
use crate::store::Store;
use crate::stored::parse;

pub use thin::{Kept, thin};

/// What went through one project, connector or proxy in one minute. Rows of a project have neither
/// connector nor proxy, rows of a connector no proxy: each level is counted by itself, because a
/// request that tried three exits is one request of its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageRow {
    /// The beginning of the minute.
    pub minute: Timestamp,
    /// Whose.
    pub project: ProjectId,
    /// Through which connector.
    pub connector: Option<ConnectorId>,
    /// Through which exit.
    pub proxy: Option<ProxyId>,
    /// How much.
    pub counters: Counters,
}

/// What usage is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The project as a whole: one total.
    Project,
    /// Each of its connectors.
    Connectors,
    /// Each of its proxies.
    Proxies,
}

/// The sum of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageTotal {
    /// Of which connector; `None` at the level of the project.
    pub connector: Option<ConnectorId>,
    /// Of which exit; `None` at the levels above.
    pub proxy: Option<ProxyId>,
    /// How much.
    pub counters: Counters,
}

/// Adds a batch, unless one of this number or a later one has come from the same run of a node.
/// True: it was added.
///
/// # Errors
/// [`StoreError::Unavailable`]; the same batch may then be sent again.
pub async fn add(
    store: &Store,
    boot: Uuid,
    sequence: u64,
    rows: &[UsageRow],
) -> Result<bool, StoreError> {
    let mut transaction = store.aside().await?;
    let take = "INSERT INTO usage_batches (boot, sequence, at) VALUES ($1, $2, $3) \
         ON CONFLICT (boot) DO UPDATE SET sequence = excluded.sequence, at = excluded.at \
         WHERE usage_batches.sequence < excluded.sequence";
    let now = store.clock().now();
    if transaction.execute(take, arguments![boot.to_string(), sequence, now]).await? == 0 {
        return Ok(false);
    }
    for batch in rows.chunks(batch::ROWS) {
        let values = batch.iter().flat_map(columns).collect();
        transaction.execute(AssertSqlSafe(insert(batch.len())), values).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

const COLUMNS: usize = 9;

fn columns(row: &UsageRow) -> Vec<Argument> {
    let connector = row.connector.map(|id| id.to_string()).unwrap_or_default();
    let proxy = row.proxy.map(|id| id.to_string()).unwrap_or_default();
    let Counters { requests, failures, bytes_sent, bytes_received, latency_microseconds } =
        row.counters;
    let (sent, received, latency) = (bytes_sent, bytes_received, latency_microseconds);
    let (minute, project) = (row.minute, row.project);
    arguments![minute, project, connector, proxy, requests, failures, sent, received, latency]
}

/// The statement for `rows` rows, no two of the same thing and minute: nothing of it comes from
/// outside.
fn insert(rows: usize) -> String {
    format!(
        "INSERT INTO usage (minute, project_id, connector_id, proxy_id, requests, failures, \
         bytes_sent, bytes_received, latency_microseconds) VALUES {} \
         ON CONFLICT (project_id, connector_id, proxy_id, minute) DO UPDATE SET \
         requests = usage.requests + excluded.requests, \
         failures = usage.failures + excluded.failures, \
         bytes_sent = usage.bytes_sent + excluded.bytes_sent, \
         bytes_received = usage.bytes_received + excluded.bytes_received, \
         latency_microseconds = usage.latency_microseconds + excluded.latency_microseconds",
        batch::values(rows, COLUMNS)
    )
}

type Total = (String, String, i64, i64, i64, i64, i64);

/// Sums what went through a project from `since` on, each connector or proxy for itself if wanted;
/// the busiest first, a thousand at most. Where usage is kept by the hour or day ([`Kept`]), the range
/// begins with the hour or day that `since` lies in.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn totals(
    store: &Store,
    project: ProjectId,
    level: Level,
    since: Timestamp,
) -> Result<Vec<UsageTotal>, StoreError> {
    let select = "SELECT connector_id, proxy_id, CAST(SUM(requests) AS BIGINT), \
         CAST(SUM(failures) AS BIGINT), CAST(SUM(bytes_sent) AS BIGINT), \
         CAST(SUM(bytes_received) AS BIGINT), CAST(SUM(latency_microseconds) AS BIGINT) \
         FROM usage WHERE project_id = $1 AND minute >= $2 AND CASE WHEN connector_id = '' \
         THEN 0 WHEN proxy_id = '' THEN 1 ELSE 2 END = $3 \
         GROUP BY connector_id, proxy_id ORDER BY 3 DESC LIMIT 1000";
    let level = match level {
        Level::Project => 0_i64,
        Level::Connectors => 1,
        Level::Proxies => 2,
    };
    let beginning = store.usage_kept().beginning(since, store.clock().now());
    let rows = store.fetch::<Total>(select, arguments![project, beginning, level]).await?;
    rows.into_iter().map(read_total).collect()
}

fn read_total(row: Total) -> Result<UsageTotal, StoreError> {
    let (connector, proxy, requests, failures, sent, received, latency) = row;
    let counters = Counters {
        requests: requests.cast_unsigned(),
        failures: failures.cast_unsigned(),
        bytes_sent: sent.cast_unsigned(),
        bytes_received: received.cast_unsigned(),
        latency_microseconds: latency.cast_unsigned(),
    };
    let connector = (!connector.is_empty()).then(|| parse("usage", &connector)).transpose()?;
    let proxy = (!proxy.is_empty()).then(|| parse("usage", &proxy)).transpose()?;
    Ok(UsageTotal { connector, proxy, counters })
}
