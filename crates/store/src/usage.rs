//! Usage: written in batches that count once, read in ranges.

mod table;
mod thin;
mod series;
mod days;
mod rent;

use jiff::Timestamp;
use model::{ConnectorId, Counters, ProjectId, ProxyId, Spent};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use self::table::{Key, Table};
use crate::arguments::{Argument, arguments};
use crate::batch;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::store::Store;
use crate::stored::parse;

pub use days::{DaySpent, spent};
pub use rent::{Rent, charge};
pub use series::{
    About, Points, Series, SeriesRow, Wanted, blamed_on_exits, proxy_series, series, shortest_step,
};
pub use thin::{Kept, expire, thin};

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
    /// What it cost, in 10^-9 of the currency.
    pub cost_nanos: u64,
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
    /// What it cost, in 10^-9 of the currency.
    pub cost_nanos: u64,
}

impl UsageRow {
    /// What it adds to what caps are held against.
    #[must_use]
    pub const fn spent(&self) -> Spent {
        let Counters { requests, bytes_sent, bytes_received, .. } = self.counters;
        let bytes = bytes_sent.saturating_add(bytes_received);
        Spent { bytes, requests, cost_nanos: self.cost_nanos }
    }
}

/// What a batch holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rows<'a> {
    /// What projects, connectors and proxies used.
    pub totals: &'a [UsageRow],
    /// What charts are drawn from.
    pub series: &'a [SeriesRow],
}

impl<'a> From<&'a [UsageRow]> for Rows<'a> {
    fn from(totals: &'a [UsageRow]) -> Self {
        Self { totals, series: &[] }
    }
}

impl<'a, const ROWS: usize> From<&'a [UsageRow; ROWS]> for Rows<'a> {
    fn from(totals: &'a [UsageRow; ROWS]) -> Self {
        Self::from(totals.as_slice())
    }
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
    rows: impl Into<Rows<'_>>,
) -> Result<bool, StoreError> {
    let rows = rows.into();
    let mut transaction = store.aside().await?;
    let take = "INSERT INTO usage_batches (boot, sequence, at) VALUES ($1, $2, $3) \
         ON CONFLICT (boot) DO UPDATE SET sequence = excluded.sequence, at = excluded.at \
         WHERE usage_batches.sequence < excluded.sequence";
    let now = store.clock().now();
    if transaction.execute(take, arguments![boot.to_string(), sequence, now]).await? == 0 {
        return Ok(false);
    }
    write_totals(&mut transaction, rows.totals).await?;
    days::add(&mut transaction, rows.totals).await?;
    series::add(&mut transaction, rows.series).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Adds rows, sorted, in the transaction of their batch.
async fn write_totals(transaction: &mut Transaction, rows: &[UsageRow]) -> Result<(), StoreError> {
    let table = Table::totals();
    let mut keyed: Vec<_> = rows.iter().map(keyed).collect();
    keyed.sort_unstable();
    for batch in keyed.chunks(batch::ROWS) {
        let values = batch.iter().flat_map(|(key, sums)| Table::arguments((key, sums), 60));
        transaction.execute(AssertSqlSafe(table.add(batch.len())), values.collect()).await?;
    }
    Ok(())
}

fn keyed(row: &UsageRow) -> (Key, [u64; 6]) {
    let connector = row.connector.map(|id| id.to_string()).unwrap_or_default();
    let proxy = row.proxy.map(|id| id.to_string()).unwrap_or_default();
    let Counters { requests, failures, bytes_sent, bytes_received, latency_microseconds } =
        row.counters;
    let key = ([row.project.to_string(), connector, proxy], row.minute.as_millisecond());
    let cost = row.cost_nanos;
    (key, [requests, failures, bytes_sent, bytes_received, latency_microseconds, cost])
}

type Total = (String, String, i64, i64, i64, i64, i64, i64);

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
    let beginning = store.usage_kept().beginning(since, store.clock().now());
    let mut arguments = arguments![project, beginning];
    let select = match level {
        Level::Project => sums("connector_id = '' AND proxy_id = ''"),
        Level::Connectors => {
            // Each connector is looked up by itself: rows of their proxies lie between them, and a
            // database that does not know how few connectors there are reads all of those.
            let connectors = connectors(store, project).await?;
            let places: Vec<_> = (3..3 + connectors.len()).map(|at| format!("${at}")).collect();
            if places.is_empty() {
                return Ok(Vec::new());
            }
            arguments.extend(connectors.into_iter().map(Argument::from));
            sums(&format!("connector_id IN ({}) AND proxy_id = ''", places.join(", ")))
        }
        Level::Proxies => sums("proxy_id > ''"),
    };
    let rows = store.fetch::<Total>(AssertSqlSafe(select), arguments).await?;
    rows.into_iter().map(read_total).collect()
}

/// The connectors that a project has ever used, as far as one statement can name them.
async fn connectors(store: &Store, project: ProjectId) -> Result<Vec<String>, StoreError> {
    let select = "WITH RECURSIVE listed(id) AS (SELECT MIN(connector_id) FROM usage \
         WHERE project_id = $1 AND connector_id > '' UNION ALL \
         SELECT (SELECT MIN(connector_id) FROM usage \
         WHERE project_id = $1 AND connector_id > listed.id) FROM listed WHERE id IS NOT NULL) \
         SELECT id FROM listed WHERE id IS NOT NULL LIMIT 30000";
    let rows = store.fetch::<(String,)>(select, arguments![project]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The statement that sums rows of a project ($1) from a moment ($2) on.
fn sums(only: &str) -> String {
    format!(
        "SELECT connector_id, proxy_id, CAST(SUM(requests) AS BIGINT), \
         CAST(SUM(failures) AS BIGINT), CAST(SUM(bytes_sent) AS BIGINT), \
         CAST(SUM(bytes_received) AS BIGINT), CAST(SUM(latency_microseconds) AS BIGINT), \
         CAST(SUM(cost_nanos) AS BIGINT) FROM usage \
         WHERE project_id = $1 AND {only} AND minute >= $2 \
         GROUP BY connector_id, proxy_id ORDER BY 3 DESC LIMIT 1000"
    )
}

fn read_total(row: Total) -> Result<UsageTotal, StoreError> {
    let (connector, proxy, requests, failures, sent, received, latency, cost) = row;
    let counters = Counters {
        requests: requests.cast_unsigned(),
        failures: failures.cast_unsigned(),
        bytes_sent: sent.cast_unsigned(),
        bytes_received: received.cast_unsigned(),
        latency_microseconds: latency.cast_unsigned(),
    };
    let connector = (!connector.is_empty()).then(|| parse("usage", &connector)).transpose()?;
    let proxy = (!proxy.is_empty()).then(|| parse("usage", &proxy)).transpose()?;
    Ok(UsageTotal { connector, proxy, counters, cost_nanos: cost.cast_unsigned() })
}
