//! Old usage in fewer rows: minutes become hours, then six hours, then days, and no sum changes.

use std::time::Duration;

use jiff::Timestamp;
use model::ProjectId;
use sqlx::AssertSqlSafe;

use super::table::{Sums, Table, Wide};
use crate::arguments::arguments;
use crate::batch;
use crate::error::StoreError;
use crate::fence::Fenced;

const HOUR: i64 = 3_600_000;
const SIX_HOURS: i64 = 6 * HOUR;
const DAY: i64 = 24 * HOUR;

/// For how long usage is kept how fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Rows of a minute.
    pub minutes: Duration,
    /// Rows of an hour.
    pub hours: Duration,
    /// Rows of six hours. Whatever is older is kept by the day.
    pub six_hours: Duration,
}

impl Default for Kept {
    /// A day, two weeks, ninety days. Minutes are most of what a chart of a week reads.
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(days * 24);
        Self { minutes: days(1), hours: days(14), six_hours: days(90) }
    }
}

impl Kept {
    /// What is older than this becomes coarser. Nothing is older than that and finer than it should
    /// be for long, so a range that begins there begins with a whole row. One such row more than
    /// promised is kept fine: who asks for the last day may have a clock that is behind.
    fn limits(&self, now: Timestamp) -> [Step; 3] {
        let before = |kept: Duration, grain: i64| {
            let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
            floor(now.as_millisecond().saturating_sub(kept), grain).saturating_sub(grain)
        };
        [
            Step { from: 60, grain: HOUR, before: before(self.minutes, HOUR) },
            Step { from: 3600, grain: SIX_HOURS, before: before(self.hours, SIX_HOURS) },
            Step { from: 21_600, grain: DAY, before: before(self.six_hours, DAY) },
        ]
    }

    /// Where a range from `since` on really begins: at the whole hour or day that `since` lies in, if
    /// that is, or may already be, one row. So a sum is the same before and after thinning.
    pub(super) fn beginning(&self, since: Timestamp, now: Timestamp) -> i64 {
        let since = since.as_millisecond();
        let coarsest = self.limits(now).into_iter().rev().find(|step| since < step.before);
        coarsest.map_or(since, |step| floor(since, step.grain))
    }

    /// The shortest step, in milliseconds, of which no row is a part only, in a range from `since` on.
    pub(super) fn grain(&self, since: Timestamp, now: Timestamp) -> i64 {
        let since = since.as_millisecond();
        let coarsest = self.limits(now).into_iter().rev().find(|step| since < step.before);
        coarsest.map_or(60_000, |step| step.grain)
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

pub(super) const fn floor(at: i64, grain: i64) -> i64 {
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
    for table in [Table::totals(), Table::series()] {
        for step in fenced.usage_kept().limits(fenced.now()) {
            let taken = take(fenced, &table, &step, rows).await?;
            if taken.is_empty() {
                continue;
            }
            let count = taken.len() as u64;
            put(fenced, &table, (sum(taken, step.grain), step.grain / 1_000)).await?;
            return Ok(count);
        }
    }
    Ok(0)
}

/// Deletes usage of a project that began before `before`, `rows` rows of each kind at most, and says
/// how many.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn expire(
    fenced: &mut Fenced,
    project: ProjectId,
    before: Timestamp,
    rows: u32,
) -> Result<u64, StoreError> {
    let mut deleted = 0;
    for table in [Table::totals(), Table::series()] {
        let arguments = arguments![project, before, i64::from(rows)];
        deleted += fenced.execute(AssertSqlSafe(table.expire()), arguments).await?;
    }
    Ok(deleted)
}

async fn take(
    fenced: &mut Fenced,
    table: &Table,
    step: &Step,
    rows: u32,
) -> Result<Vec<Wide<3>>, StoreError> {
    let arguments = arguments![step.from, step.before, i64::from(rows)];
    fenced.fetch(AssertSqlSafe(table.take()), arguments).await
}

fn sum(taken: Vec<Wide<3>>, grain: i64) -> Sums {
    let mut sums = Sums::new();
    for Wide { texts, numbers } in taken {
        let Some((minute, parts)) = numbers.split_first() else { continue };
        let sum = sums.entry((texts, floor(*minute, grain)));
        let sum = sum.or_insert_with(|| vec![0; parts.len()]);
        for (sum, part) in sum.iter_mut().zip(parts) {
            *sum = sum.saturating_add(part.cast_unsigned());
        }
    }
    sums
}

async fn put(
    fenced: &mut Fenced,
    table: &Table,
    (sums, seconds): (Sums, i64),
) -> Result<(), StoreError> {
    let sums = Vec::from_iter(sums);
    for batch in sums.chunks(batch::ROWS) {
        let values = batch.iter().flat_map(|(key, sums)| Table::arguments((key, sums), seconds));
        fenced.execute(AssertSqlSafe(table.add(batch.len())), values.collect()).await?;
    }
    Ok(())
}
