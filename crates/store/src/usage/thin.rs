//! Old usage in fewer rows: minutes become hours, hours become days, and no sum changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::arguments::{Argument, arguments};
use crate::error::StoreError;
use crate::fence::Fenced;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// For how long usage is kept how fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Rows of a minute.
    pub minutes: Duration,
    /// Rows of an hour. Whatever is older is kept by the day, for good.
    pub hours: Duration,
}

impl Default for Kept {
    /// Three days, ninety days.
    fn default() -> Self {
        Self { minutes: Duration::from_hours(3 * 24), hours: Duration::from_hours(90 * 24) }
    }
}

impl Kept {
    /// What is older than this becomes coarser. Nothing is older than that and finer than it should
    /// be for long, so a range that begins there begins with a whole hour or day.
    fn limits(&self, now: Timestamp) -> [Step; 2] {
        let before = |kept: Duration, grain: i64| {
            let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
            floor(now.as_millisecond().saturating_sub(kept), grain)
        };
        let hours = Step { from: 60, grain: HOUR, before: before(self.minutes, HOUR) };
        let days = Step { from: 3600, grain: DAY, before: before(self.hours, DAY) };
        [hours, days]
    }

    /// Where a range from `since` on really begins: at the whole hour or day that `since` lies in, if
    /// that is, or may already be, one row. So a sum is the same before and after thinning.
    pub(super) fn beginning(&self, since: Timestamp, now: Timestamp) -> i64 {
        let since = since.as_millisecond();
        let coarsest = self.limits(now).into_iter().rev().find(|step| since < step.before);
        coarsest.map_or(since, |step| floor(since, step.grain))
    }
}

/// From one resolution to the next.
struct Step {
    /// Seconds of the rows that there are.
    from: i64,
    /// Milliseconds of the rows that there will be.
    grain: i64,
    /// Rows that begin earlier, in milliseconds.
    before: i64,
}

const fn floor(at: i64, grain: i64) -> i64 {
    at - at.rem_euclid(grain)
}

/// Makes the oldest rows coarser that are older than [`Kept`] says, `rows` of them at most (some
/// thousands are a matter of moments), and says how many it took up: once that is 0, there is nothing
/// left to do. Rows are moved within one transaction, so each counts once however often this is
/// called and wherever it is cut off. What comes late, because a node had been cut off, is taken up
/// by the next call.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn thin(fenced: &mut Fenced, rows: u32) -> Result<u64, StoreError> {
    for step in fenced.usage_kept().limits(fenced.now()) {
        let taken = take(fenced, &step, rows).await?;
        if taken.is_empty() {
            continue;
        }
        let count = taken.len() as u64;
        put(fenced, sum(taken, step.grain), step.grain / 1_000).await?;
        return Ok(count);
    }
    Ok(0)
}

type Taken = (i64, String, String, String, i64, i64, i64, i64, i64);

async fn take(fenced: &mut Fenced, step: &Step, rows: u32) -> Result<Vec<Taken>, StoreError> {
    let delete = "DELETE FROM usage WHERE (project_id, connector_id, proxy_id, minute) IN \
         (SELECT project_id, connector_id, proxy_id, minute FROM usage \
         WHERE seconds = $1 AND minute < $2 ORDER BY minute LIMIT $3) \
         RETURNING minute, project_id, connector_id, proxy_id, requests, failures, bytes_sent, \
         bytes_received, latency_microseconds";
    fenced.fetch(delete, arguments![step.from, step.before, i64::from(rows)]).await
}

/// Beginning, project, connector, proxy.
type Key = (i64, String, String, String);
type Sums = [i64; 5];

/// In the order of the keys: two who add to the same rows in one order do not wait for each other.
fn sum(taken: Vec<Taken>, grain: i64) -> BTreeMap<Key, Sums> {
    let mut sums: BTreeMap<Key, Sums> = BTreeMap::new();
    for (minute, project, connector, proxy, requests, failures, sent, received, latency) in taken {
        let key = (floor(minute, grain), project, connector, proxy);
        let parts = [requests, failures, sent, received, latency];
        for (sum, part) in sums.entry(key).or_default().iter_mut().zip(parts) {
            *sum = sum.saturating_add(part);
        }
    }
    sums
}

/// Rows a statement: see [`super::add`].
const ROWS: usize = 500;
const COLUMNS: usize = 10;

async fn put(
    fenced: &mut Fenced,
    sums: BTreeMap<Key, Sums>,
    seconds: i64,
) -> Result<(), StoreError> {
    let sums = Vec::from_iter(sums);
    for batch in sums.chunks(ROWS) {
        let values = batch.iter().flat_map(|row| columns(row, seconds)).collect();
        fenced.execute(AssertSqlSafe(insert(batch.len())), values).await?;
    }
    Ok(())
}

fn columns((key, sums): &(Key, Sums), seconds: i64) -> Vec<Argument> {
    let (beginning, project, connector, proxy) = key.clone();
    let [requests, failures, sent, received, latency] = *sums;
    arguments![
        beginning, project, connector, proxy, requests, failures, sent, received, latency, seconds
    ]
}

/// The statement for `rows` rows. A row that is there already has been put there by an earlier
/// batch, or is a fine one that begins at the same minute and will now be part of the coarse one.
fn insert(rows: usize) -> String {
    let mut sql = String::from(
        "INSERT INTO usage (minute, project_id, connector_id, proxy_id, requests, failures, \
         bytes_sent, bytes_received, latency_microseconds, seconds) VALUES ",
    );
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=COLUMNS {
            let comma = if column == COLUMNS { ")" } else { ", " };
            // Writing to a string cannot fail.
            let _infallible = write!(sql, "${}{comma}", row * COLUMNS + column);
        }
    }
    sql.push_str(
        " ON CONFLICT (project_id, connector_id, proxy_id, minute) DO UPDATE SET \
         requests = usage.requests + excluded.requests, \
         failures = usage.failures + excluded.failures, \
         bytes_sent = usage.bytes_sent + excluded.bytes_sent, \
         bytes_received = usage.bytes_received + excluded.bytes_received, \
         latency_microseconds = usage.latency_microseconds + excluded.latency_microseconds, \
         seconds = CASE WHEN usage.seconds > excluded.seconds THEN usage.seconds \
         ELSE excluded.seconds END",
    );
    sql
}
