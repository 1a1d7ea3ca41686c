//! A batch of usage as sealed bytes.

use jiff::Timestamp;
use model::{Counters, Measures};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Lines, Result, corrupt, each_line};
use crate::stored::parse;
use crate::usage::{Rows, SeriesRow, UsageRow};
use crate::vault::Vault;

const ABOUT: &str = "usage";

/// A batch of usage, as [`usage::add`](crate::usage::add) takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageBatch {
    /// The run of the node that counted it.
    pub boot: Uuid,
    /// Its number in that run.
    pub sequence: u64,
    /// What was counted.
    pub rows: Vec<UsageRow>,
    /// The same, as charts want it.
    pub series: Vec<SeriesRow>,
}

impl UsageBatch {
    /// What is in it.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        Rows { totals: &self.rows, series: &self.series }
    }
}

#[derive(Serialize, Deserialize)]
enum Line {
    Start {
        boot: String,
        sequence: u64,
    },
    /// Second, project, connector, proxy, and the counters in the order of their declaration.
    Row(i64, String, Option<String>, Option<String>, [u64; 5]),
    /// What the row before cost. A version that knows nothing of this wants to know of none.
    Cost(u64),
    /// Second, project, what it is about and which of them, and the numbers, the zeros at the end left
    /// out.
    Series(i64, Option<String>, String, String, Vec<u64>),
    End,
}

/// Seals a batch.
///
/// # Errors
/// When there is no randomness to be had.
pub fn seal(vault: &Vault, batch: &UsageBatch) -> Result<Vec<u8>> {
    let mut lines = Lines::new();
    lines.push(&Line::Start { boot: batch.boot.to_string(), sequence: batch.sequence })?;
    for row in &batch.rows {
        let UsageRow { minute, project, connector, proxy, counters, cost_nanos } = row;
        let Counters { requests, failures, bytes_sent, bytes_received, latency_microseconds } =
            *counters;
        lines.push(&Line::Row(
            minute.as_second(),
            project.to_string(),
            connector.map(|id| id.to_string()),
            proxy.map(|id| id.to_string()),
            [requests, failures, bytes_sent, bytes_received, latency_microseconds],
        ))?;
        if *cost_nanos > 0 {
            lines.push(&Line::Cost(*cost_nanos))?;
        }
    }
    for row in &batch.series {
        lines.push(&series_line(row))?;
    }
    lines.push(&Line::End)?;
    lines.seal(vault, ABOUT)
}

fn series_line(row: &SeriesRow) -> Line {
    let SeriesRow { minute, project, about, subject, measures } = row;
    let numbers = measures.numbers();
    let length = numbers.iter().rposition(|number| *number > 0).map_or(0, |last| last + 1);
    let (project, about) = (project.map(|id| id.to_string()), about.to_string());
    Line::Series(minute.as_second(), project, about, subject.clone(), numbers[..length].to_vec())
}

/// Opens a batch.
///
/// # Errors
/// [`StoreError::SealedElsewhere`](crate::StoreError::SealedElsewhere) for another secret key,
/// [`StoreError::Corrupt`](crate::StoreError::Corrupt) for whatever else it may be.
pub fn open(vault: &Vault, sealed: &[u8]) -> Result<UsageBatch> {
    let mut batch: Option<UsageBatch> = None;
    let mut is_whole = false;
    each_line(vault, ABOUT, sealed, |line: Line| {
        match (line, batch.as_mut()) {
            (Line::Start { boot, sequence }, None) => {
                batch = Some(UsageBatch {
                    boot: parse("usage", &boot)?,
                    sequence,
                    rows: vec![],
                    series: vec![],
                });
            }
            (row @ Line::Row(..), Some(batch)) if !is_whole => batch.rows.extend(read_row(row)?),
            (row @ Line::Series(..), Some(batch)) if !is_whole => {
                batch.series.extend(read_series(row)?);
            }
            (Line::Cost(cost), Some(batch)) if !is_whole => {
                let row = batch.rows.last_mut().ok_or_else(|| corrupt("a cost of nothing"))?;
                row.cost_nanos = i64::try_from(cost).map_err(corrupt)?.unsigned_abs();
            }
            (Line::End, Some(_)) if !is_whole => is_whole = true,
            _ => return Err(corrupt("its lines are in disorder")),
        }
        Ok(())
    })?;
    batch.filter(|_| is_whole).ok_or_else(|| corrupt("it ends too early"))
}

fn read_row(line: Line) -> Result<Option<UsageRow>> {
    let Line::Row(second, project, connector, proxy, counters) = line else { return Ok(None) };
    let [requests, failures, bytes_sent, bytes_received, latency_microseconds] = counters;
    // What no database can hold is not taken from a node either.
    if counters.iter().any(|number| i64::try_from(*number).is_err()) {
        return Err(corrupt("a counter is too large"));
    }
    Ok(Some(UsageRow {
        minute: Timestamp::from_second(second).map_err(corrupt)?,
        project: parse("usage", &project)?,
        connector: connector.map(|id| parse("usage", &id)).transpose()?,
        proxy: proxy.map(|id| parse("usage", &id)).transpose()?,
        counters: Counters { requests, failures, bytes_sent, bytes_received, latency_microseconds },
        cost_nanos: 0,
    }))
}

fn read_series(line: Line) -> Result<Option<SeriesRow>> {
    let Line::Series(second, project, about, subject, numbers) = line else { return Ok(None) };
    let mut all = [0; Measures::COUNT];
    if numbers.len() > all.len() || subject.len() > 255 {
        return Err(corrupt("a row of a series is too long"));
    }
    for (place, number) in all.iter_mut().zip(numbers) {
        *place = i64::try_from(number).map_err(corrupt)?.unsigned_abs();
    }
    Ok(Some(SeriesRow {
        minute: Timestamp::from_second(second).map_err(corrupt)?,
        project: project.map(|id| parse("usage", &id)).transpose()?,
        about: parse("usage", &about)?,
        subject,
        measures: Measures::from_numbers(all),
    }))
}
