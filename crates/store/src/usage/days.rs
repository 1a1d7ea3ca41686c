//! What projects and connectors used by the day: what caps are held against.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::Spent;
use sqlx::AssertSqlSafe;

use super::UsageRow;
use super::thin::floor;
use crate::arguments::arguments;
use crate::batch;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::store::Store;

const DAY: i64 = 86_400_000;

/// Adds what the rows of projects and connectors among `rows` say, in the transaction of their batch.
pub(super) async fn add(
    transaction: &mut Transaction,
    rows: &[UsageRow],
) -> Result<(), StoreError> {
    let mut days: BTreeMap<(String, i64), Spent> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.proxy.is_none()) {
        let subject = row.connector.map_or_else(|| row.project.to_string(), |id| id.to_string());
        let sum = days.entry((subject, floor(row.minute.as_millisecond(), DAY))).or_default();
        *sum = sum.and(&row.spent());
    }
    put(transaction, &Vec::from_iter(days)).await
}

async fn put(
    transaction: &mut Transaction,
    days: &[((String, i64), Spent)],
) -> Result<(), StoreError> {
    for batch in days.chunks(batch::ROWS) {
        let add = format!(
            "INSERT INTO usage_days (subject, day, bytes, requests, cost_nanos) VALUES {} \
             ON CONFLICT (subject, day) DO UPDATE SET bytes = usage_days.bytes + excluded.bytes, \
             requests = usage_days.requests + excluded.requests, \
             cost_nanos = usage_days.cost_nanos + excluded.cost_nanos",
            batch::values(batch.len(), 5)
        );
        let values = batch.iter().flat_map(|((subject, day), spent)| {
            arguments![subject.as_str(), *day, spent.bytes, spent.requests, spent.cost_nanos]
        });
        transaction.execute(AssertSqlSafe(add), values.collect()).await?;
    }
    Ok(())
}

/// What a project or connector (`subject` is its id) used on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaySpent {
    /// The id of the project or the connector.
    pub subject: String,
    /// The beginning of the day, by UTC.
    pub day: Timestamp,
    /// How much.
    pub spent: Spent,
}

type Row = (String, i64, i64, i64, i64);

/// What each of `subjects` used, day by day, from the day on that `since` lies in.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn spent(
    store: &Store,
    subjects: &[String],
    since: Timestamp,
) -> Result<Vec<DaySpent>, StoreError> {
    let mut found = Vec::new();
    let since = floor(since.as_millisecond(), DAY);
    for some in subjects.chunks(batch::ROWS) {
        let places: Vec<_> = (2..some.len() + 2).map(|place| format!("${place}")).collect();
        let select = format!(
            "SELECT subject, day, bytes, requests, cost_nanos FROM usage_days \
             WHERE day >= $1 AND subject IN ({})",
            places.join(", ")
        );
        let mut arguments = arguments![since];
        arguments.extend(some.iter().map(|subject| subject.as_str().into()));
        let rows = store.fetch::<Row>(AssertSqlSafe(select), arguments).await?;
        for (subject, day, bytes, requests, cost) in rows {
            let day = Timestamp::from_millisecond(day);
            let day = day.map_err(|error| StoreError::corrupt("usage", error))?;
            let (bytes, requests) = (bytes.cast_unsigned(), requests.cast_unsigned());
            let spent = Spent { bytes, requests, cost_nanos: cost.cast_unsigned() };
            found.push(DaySpent { subject, day, spent });
        }
    }
    Ok(found)
}
