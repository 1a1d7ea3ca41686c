//! What proxies cost for the time that they are there: charged bit by bit, every moment once.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use model::spending::Period;
use model::{ConnectorId, Counters, Measures, ProjectId};
use sqlx::AssertSqlSafe;

use super::{About, SeriesRow, UsageRow, days, series, thin, write_totals};
use crate::arguments::arguments;
use crate::batch;
use crate::error::StoreError;
use crate::fence::Fenced;

const MINUTE: i64 = 60_000;

/// What the proxies of a connector cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rent {
    /// Whose.
    pub project: ProjectId,
    /// Of which connector.
    pub connector: ConnectorId,
    /// How many proxies there are now.
    pub proxies: u64,
    /// What one costs in a month, in 10^-6 of the currency.
    pub per_month: u64,
}

/// Up to when was charged, and what was too little to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Charged {
    until: Timestamp,
    remainder: i64,
}

/// Charges what proxies cost since they were charged for the last time, as what they are now; for the
/// first time, nothing. What is not among `rents` begins anew once it is. How many connectors were
/// charged something.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::NotFound`] when a connector is gone.
pub async fn charge(fenced: &mut Fenced, rents: &[Rent]) -> Result<usize, StoreError> {
    let now = fenced.now();
    let known = known(fenced).await?;
    let (mut rows, mut next) = (Vec::new(), Vec::new());
    for rent in rents {
        let first = Charged { until: now, remainder: 0 };
        let charged = known.get(&rent.connector.to_string()).copied().unwrap_or(first);
        let (more, charged) = pieces(rent, charged, now);
        rows.extend(more);
        next.push((rent.connector, charged));
    }
    write(fenced, &rows).await?;
    remember(fenced, &known, &next).await?;
    let charged: HashSet<_> = rows.iter().filter_map(|row| row.connector).collect();
    Ok(charged.len())
}

async fn known(fenced: &mut Fenced) -> Result<HashMap<String, Charged>, StoreError> {
    let select = "SELECT connector_id, charged_until, remainder FROM rents";
    let rows = fenced.fetch::<(String, i64, i64)>(select, vec![]).await?;
    let read = |(id, until, remainder): (String, i64, i64)| {
        let until = Timestamp::from_millisecond(until)
            .map_err(|error| StoreError::corrupt("rent", error))?;
        Ok((id, Charged { until, remainder }))
    };
    rows.into_iter().map(read).collect()
}

/// What is to be charged, day by day, because days are what caps are held against.
fn pieces(rent: &Rent, charged: Charged, now: Timestamp) -> (Vec<UsageRow>, Charged) {
    let Charged { mut until, mut remainder } = charged;
    let mut rows = Vec::new();
    while until < now {
        let end = Period::Day.bounds(until).1.min(now);
        let (from, to) = Period::Month.bounds(until);
        let month = i128::from(to.as_millisecond() - from.as_millisecond());
        let time = i128::from(end.as_millisecond() - until.as_millisecond());
        let nanos = i128::from(rent.proxies) * i128::from(rent.per_month) * 1_000;
        let sum = nanos * time + i128::from(remainder);
        remainder = i64::try_from(sum % month).unwrap_or_default();
        let cost = u64::try_from(sum / month).unwrap_or(u64::MAX);
        if cost > 0 {
            rows.extend(row(rent, until, cost));
        }
        until = end;
    }
    (rows, Charged { until, remainder })
}

/// Of the connector, and of its project.
fn row(rent: &Rent, at: Timestamp, cost_nanos: u64) -> [UsageRow; 2] {
    let minute = thin::floor(at.as_millisecond(), MINUTE);
    let minute = Timestamp::from_millisecond(minute).unwrap_or(at);
    let (project, proxy, counters) = (rent.project, None, Counters::default());
    let of = |connector| UsageRow { minute, project, connector, proxy, counters, cost_nanos };
    [of(None), of(Some(rent.connector))]
}

async fn write(fenced: &mut Fenced, rows: &[UsageRow]) -> Result<(), StoreError> {
    let mut sums: BTreeMap<_, UsageRow> = BTreeMap::new();
    for row in rows {
        // The project's row is that of all its connectors.
        let sum = sums.entry((row.project, row.connector, row.minute));
        sum.and_modify(|sum| sum.cost_nanos += row.cost_nanos).or_insert(*row);
    }
    let rows: Vec<_> = sums.into_values().collect();
    let transaction = fenced.transaction();
    write_totals(transaction, &rows).await?;
    days::add(transaction, &rows).await?;
    series::add(transaction, &charted(&rows)).await
}

/// The same for charts, which show all projects together, too.
fn charted(rows: &[UsageRow]) -> Vec<SeriesRow> {
    let mut sums: BTreeMap<_, u64> = BTreeMap::new();
    for row in rows {
        let subject = row.connector.map(|id| id.to_string()).unwrap_or_default();
        let about = if row.connector.is_some() { About::Connector } else { About::Project };
        *sums.entry((row.minute, Some(row.project), about, subject)).or_default() += row.cost_nanos;
        if row.connector.is_none() {
            let fleet = (row.minute, None, About::Fleet, String::new());
            *sums.entry(fleet).or_default() += row.cost_nanos;
        }
    }
    let row = |((minute, project, about, subject), cost)| {
        let mut measures = Measures::default();
        measures.add_counters(Counters::default(), cost);
        SeriesRow { minute, project, about, subject, measures }
    };
    sums.into_iter().map(row).collect()
}

async fn remember(
    fenced: &mut Fenced,
    known: &HashMap<String, Charged>,
    next: &[(ConnectorId, Charged)],
) -> Result<(), StoreError> {
    let present: HashSet<_> = next.iter().map(|(id, _)| id.to_string()).collect();
    for gone in known.keys().filter(|id| !present.contains(*id)) {
        let delete = "DELETE FROM rents WHERE connector_id = $1";
        fenced.execute(delete, arguments![gone.as_str()]).await?;
    }
    for batch in next.chunks(batch::ROWS) {
        let put = format!(
            "INSERT INTO rents (connector_id, charged_until, remainder) VALUES {} \
             ON CONFLICT (connector_id) DO UPDATE SET charged_until = excluded.charged_until, \
             remainder = excluded.remainder",
            batch::values(batch.len(), 3)
        );
        let values = batch
            .iter()
            .flat_map(|(id, Charged { until, remainder })| arguments![*id, *until, *remainder]);
        fenced.execute(AssertSqlSafe(put), values.collect()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rent(proxies: u64, per_month: u64) -> Rent {
        Rent { project: ProjectId::new(), connector: ConnectorId::new(), proxies, per_month }
    }

    #[test]
    fn a_month_costs_its_price_however_often_it_is_charged() {
        for step in [1, 7_777, 60_000, 86_400_000, 40 * 86_400_000] {
            let mut charged = Charged { until: at("2028-02-01T00:00:00Z"), remainder: 0 };
            let (end, mut sum) = (at("2028-03-01T00:00:00Z"), 0);
            let mut now = charged.until;
            // The shortest step for two seconds only.
            let end = if step == 1 { now + std::time::Duration::from_secs(2) } else { end };
            let whole = end == at("2028-03-01T00:00:00Z");
            while now < end {
                now = (now + std::time::Duration::from_millis(step)).min(end);
                let (rows, next) = pieces(&rent(3, 2_500_001), charged, now);
                let of_project = rows.iter().filter(|row| row.connector.is_none());
                sum += of_project.map(|row| row.cost_nanos).sum::<u64>();
                charged = next;
            }
            let month = 29 * 86_400_000;
            let expected = if whole { 7_500_003_000 } else { 7_500_003_000 * 2_000 / month };
            assert_eq!(sum, expected, "in steps of {step} ms");
        }
    }

    #[test]
    fn each_day_is_charged_for_itself_and_a_clock_that_went_back_charges_nothing() {
        let charged = Charged { until: at("2026-11-29T12:00:00Z"), remainder: 0 };
        let (rows, next) = pieces(&rent(1, 30_000_000), charged, at("2026-12-01T12:00:00Z"));
        let days: Vec<_> = rows.iter().filter(|row| row.connector.is_some()).collect();
        let costs: Vec<_> = days.iter().map(|row| row.cost_nanos).collect();
        assert_eq!(costs, [500_000_000, 1_000_000_000, 30_000_000_000 / 62]);
        assert_eq!(days[1].minute, at("2026-11-30T00:00:00Z"));
        let (rows, same) = pieces(&rent(1, 1), next, at("2026-11-30T00:00:00Z"));
        assert_eq!((rows.len(), same), (0, next));
    }
}
