//! Usage over time: what charts are drawn from.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{ConnectorId, Measures, ProjectId, words};
use sqlx::AssertSqlSafe;

use super::table::{Table, Wide, measures};
use super::thin::floor;
use crate::arguments::{Argument, arguments};
use crate::batch;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::store::Store;
use crate::stored::parse;

words! {
    /// What a row of a series is about.
    pub enum About {
        /// All projects together.
        Fleet = "fleet",
        /// One project.
        Project = "project",
        /// One connector.
        Connector = "connector",
        /// One host that clients asked for.
        Host = "host",
        /// One country that requests left from.
        Country = "country",
    }
}

/// What went through something in one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesRow {
    /// The beginning of the minute.
    pub minute: Timestamp,
    /// Whose; `None` for all projects together.
    pub project: Option<ProjectId>,
    /// What kind of thing.
    pub about: About,
    /// Which of them: the connector's id, the host, the country; empty for projects, for hosts that
    /// are not told apart, and where the country is not known.
    pub subject: String,
    /// How much.
    pub measures: Measures,
}

/// Which series is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whose; `None`: of all projects together.
    pub project: Option<ProjectId>,
    /// Of which kind of things.
    pub about: About,
    /// Of one of them; `None`: of each of the busiest.
    pub subject: Option<String>,
    /// From when on.
    pub from: Timestamp,
    /// Until when; what begins then is not in it.
    pub until: Timestamp,
    /// How long the time is that one point sums up, in seconds.
    pub step: u32,
    /// How many things at most; a hundred at most.
    pub most: u32,
}

/// One of the things, over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Which: as [`SeriesRow::subject`].
    pub subject: String,
    /// When each point begins, and what it sums up; none where there was nothing.
    pub points: Points,
}

/// When each point of a series begins, and what it sums up.
pub type Points = Vec<(Timestamp, Measures)>;

/// Adds rows, sorted, in the transaction of their batch.
pub(super) async fn add(
    transaction: &mut Transaction,
    rows: &[SeriesRow],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let table = Table::series();
    let mut keyed: Vec<_> = rows.iter().map(|row| (key(row), row.measures.numbers())).collect();
    keyed.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    for batch in keyed.chunks(batch::ROWS) {
        let values = batch.iter().flat_map(|(key, sums)| Table::arguments((key, *sums), 60));
        transaction.execute(AssertSqlSafe(table.add(batch.len())), values.collect()).await?;
    }
    Ok(())
}

fn key(row: &SeriesRow) -> ([String; 3], i64) {
    let project = row.project.map(|id| id.to_string()).unwrap_or_default();
    ([project, row.about.to_string(), row.subject.clone()], row.minute.as_millisecond())
}

/// The shortest step, in seconds, that a series from `from` on can have without half rows.
#[must_use]
pub fn shortest_step(store: &Store, from: Timestamp) -> u32 {
    let grain = store.usage_kept().grain(from, store.clock().now()) / 1_000;
    u32::try_from(grain).unwrap_or(86_400)
}

/// The busiest things first. Points begin at whole multiples of the step; where the range begins or
/// ends within one, all of it is in.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn series(store: &Store, wanted: &Wanted) -> Result<Vec<Series>, StoreError> {
    let subjects = match &wanted.subject {
        Some(subject) => vec![subject.clone()],
        None => busiest(store, wanted).await?,
    };
    let mut points = points(store, wanted, &subjects).await?;
    let series = subjects.into_iter().map(|subject| {
        let points = points.remove(&subject).unwrap_or_default();
        Series { subject, points }
    });
    Ok(series.collect())
}

/// How many requests of each project ended since then, and how many of these failed because of exits.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn blamed_on_exits(
    store: &Store,
    since: Timestamp,
) -> Result<Vec<(ProjectId, u64, u64)>, StoreError> {
    let select = "SELECT project_id, CAST(SUM(requests) AS BIGINT), \
         CAST(SUM(failed_exit) AS BIGINT) FROM usage_series \
         WHERE seconds = 60 AND minute >= $1 AND level = 'project' GROUP BY project_id";
    let rows = store.fetch::<(String, i64, i64)>(select, arguments![since]).await?;
    let read = |(project, requests, failed): (String, i64, i64)| {
        Ok((parse("usage", &project)?, requests.cast_unsigned(), failed.cast_unsigned()))
    };
    rows.into_iter().map(read).collect()
}

fn range(wanted: &Wanted) -> (i64, i64, i64) {
    let step = i64::from(wanted.step.max(60)) * 1_000;
    let until = wanted.until.as_millisecond().saturating_add(step - 1);
    (floor(wanted.from.as_millisecond(), step), floor(until, step), step)
}

async fn busiest(store: &Store, wanted: &Wanted) -> Result<Vec<String>, StoreError> {
    if matches!(wanted.about, About::Fleet | About::Project) {
        return Ok(vec![String::new()]);
    }
    let select = "SELECT subject, CAST(SUM(requests) AS BIGINT) FROM usage_series \
         WHERE project_id = $1 AND level = $2 AND minute >= $3 AND minute < $4 \
         GROUP BY subject ORDER BY 2 DESC, 1 LIMIT $5";
    let (from, until, _) = range(wanted);
    let project = wanted.project.map(|id| id.to_string()).unwrap_or_default();
    let about = wanted.about.as_str();
    let arguments = arguments![project, about, from, until, i64::from(wanted.most.min(100))];
    let rows = store.fetch::<(String, i64)>(select, arguments).await?;
    Ok(rows.into_iter().map(|(subject, _)| subject).collect())
}

/// The points of all of them in one statement: a database is asked faster once than twelve times.
async fn points(
    store: &Store,
    wanted: &Wanted,
    subjects: &[String],
) -> Result<HashMap<String, Points>, StoreError> {
    let sums: Vec<_> = measures().map(|name| format!("CAST(SUM({name}) AS BIGINT)")).collect();
    let places: Vec<_> = (6..6 + subjects.len()).map(|place| format!("${place}")).collect();
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let select = format!(
        "SELECT subject, minute / $1 * $1, {} FROM usage_series WHERE project_id = $2 \
         AND level = $3 AND minute >= $4 AND minute < $5 AND subject IN ({}) \
         GROUP BY 1, 2 ORDER BY 1, 2",
        sums.join(", "),
        places.join(", ")
    );
    let (from, until, step) = range(wanted);
    let project = wanted.project.map(|id| id.to_string()).unwrap_or_default();
    let mut arguments: Vec<Argument> =
        arguments![step, project, wanted.about.as_str(), from, until];
    arguments.extend(subjects.iter().map(|subject| Argument::from(subject.as_str())));
    let rows = store.fetch::<Wide<1>>(AssertSqlSafe(select), arguments).await?;
    let mut found: HashMap<String, Points> = HashMap::new();
    for Wide { texts: [subject], numbers } in rows {
        found.entry(subject).or_default().push(point(&numbers)?);
    }
    Ok(found)
}

fn point(row: &[i64]) -> Result<(Timestamp, Measures), StoreError> {
    let short = || StoreError::corrupt("usage", "a row of a series is too short");
    let (at, numbers) = row.split_first().ok_or_else(short)?;
    let at =
        Timestamp::from_millisecond(*at).map_err(|error| StoreError::corrupt("usage", error))?;
    let numbers: Vec<u64> = numbers.iter().map(|number| number.cast_unsigned()).collect();
    let numbers = numbers.try_into().map_err(|_rest: Vec<u64>| short())?;
    Ok((at, Measures::from_numbers(numbers)))
}

/// One proxy over time: counters and cost alone, for a row of every proxy has no more.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn proxy_series(
    store: &Store,
    (connector, proxy): (ConnectorId, model::ProxyId),
    wanted: &Wanted,
) -> Result<Series, StoreError> {
    let select = "SELECT minute / $1 * $1, CAST(SUM(requests) AS BIGINT), \
         CAST(SUM(failures) AS BIGINT), CAST(SUM(bytes_sent) AS BIGINT), \
         CAST(SUM(bytes_received) AS BIGINT), CAST(SUM(latency_microseconds) AS BIGINT), \
         CAST(SUM(cost_nanos) AS BIGINT) FROM usage WHERE project_id = $2 AND connector_id = $3 \
         AND proxy_id = $4 AND minute >= $5 AND minute < $6 GROUP BY 1 ORDER BY 1";
    let (from, until, step) = range(wanted);
    let project = wanted.project.map(|id| id.to_string()).unwrap_or_default();
    let arguments = arguments![step, project, connector, proxy, from, until];
    let rows = store.fetch::<Wide<0>>(select, arguments).await?;
    let widened = rows.into_iter().map(|mut row| {
        // Where the attempts of others stand, before the cost.
        row.numbers.insert(6, 0);
        row.numbers.resize(1 + Measures::COUNT, 0);
        point(&row.numbers)
    });
    Ok(Series { subject: proxy.to_string(), points: widened.collect::<Result<_, _>>()? })
}
