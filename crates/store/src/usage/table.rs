//! The two tables of usage, which are written, thinned and read alike: keys, a minute, and sums.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use model::Measures;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use crate::arguments::Argument;
use crate::batch;

/// A table of usage.
pub(super) struct Table {
    name: &'static str,
    keys: [&'static str; 3],
    sums: Vec<String>,
}

/// What a row is about: its keys, and the beginning of its time in milliseconds. In this order two
/// who add to the same rows do not wait for each other.
pub(super) type Key = ([String; 3], i64);

/// Rows on their way in.
pub(super) type Sums = BTreeMap<Key, Vec<u64>>;

/// A row of texts and numbers, the texts first.
#[derive(Debug)]
pub(super) struct Wide<const TEXTS: usize> {
    pub(super) texts: [String; TEXTS],
    pub(super) numbers: Vec<i64>,
}

impl<'r, R: Row, const TEXTS: usize> FromRow<'r, R> for Wide<TEXTS>
where
    usize: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let mut texts = [const { String::new() }; TEXTS];
        for (at, text) in texts.iter_mut().enumerate() {
            *text = row.try_get(at)?;
        }
        let numbers = (TEXTS..row.len()).map(|at| row.try_get(at)).collect::<Result<_, _>>()?;
        Ok(Self { texts, numbers })
    }
}

impl Table {
    /// What projects, connectors and proxies used.
    pub(super) fn totals() -> Self {
        let sums = ["requests", "failures", "bytes_sent", "bytes_received"];
        let sums = sums.into_iter().chain(["latency_microseconds", "cost_nanos"]);
        let keys = ["project_id", "connector_id", "proxy_id"];
        Self { name: "usage", keys, sums: sums.map(str::to_owned).collect() }
    }

    /// What charts are drawn from.
    pub(super) fn series() -> Self {
        Self {
            name: "usage_series",
            keys: ["project_id", "level", "subject"],
            sums: measures().collect(),
        }
    }

    /// The statement that adds `rows` rows, no two with the same key, to those that are there. A row
    /// that is there has been put there by an earlier batch, or is a fine one that begins at the same
    /// minute and will be part of a coarse one. Nothing of it comes from outside.
    pub(super) fn add(&self, rows: usize) -> String {
        let (name, sums) = (self.name, self.sums.join(", "));
        let keys = self.keys.join(", ");
        let columns = self.keys.len() + self.sums.len() + 2;
        let values = batch::values(rows, columns);
        let mut sql = format!(
            "INSERT INTO {name} ({keys}, minute, seconds, {sums}) VALUES {values} \
             ON CONFLICT ({keys}, minute) DO UPDATE SET \
             seconds = CASE WHEN {name}.seconds > excluded.seconds THEN {name}.seconds \
             ELSE excluded.seconds END"
        );
        for sum in &self.sums {
            // Writing to a string cannot fail.
            let _infallible = write!(sql, ", {sum} = {name}.{sum} + excluded.{sum}");
        }
        sql
    }

    /// The arguments of [`add`](Self::add) for one row, in any table.
    pub(super) fn arguments(((keys, minute), sums): (&Key, &[u64]), seconds: i64) -> Vec<Argument> {
        let keys = keys.iter().map(|key| Argument::from(key.as_str()));
        let times = [*minute, seconds].map(Argument::from);
        keys.chain(times).chain(sums.iter().map(|sum| Argument::from(*sum))).collect()
    }

    /// The statement that takes the oldest rows out: of so many seconds ($1), that begin before a
    /// moment ($2), so many ($3). It gives [`Wide`] rows: keys, minute, sums.
    pub(super) fn take(&self) -> String {
        let (name, keys, sums) = (self.name, self.keys.join(", "), self.sums.join(", "));
        format!(
            "DELETE FROM {name} WHERE ({keys}, minute) IN (SELECT {keys}, minute FROM {name} \
             WHERE seconds = $1 AND minute < $2 ORDER BY minute LIMIT $3) \
             RETURNING {keys}, minute, {sums}"
        )
    }

    /// The statement that deletes rows of a project ($1) that begin before a moment ($2), so many ($3).
    pub(super) fn expire(&self) -> String {
        let (name, keys) = (self.name, self.keys.join(", "));
        format!(
            "DELETE FROM {name} WHERE ({keys}, minute) IN (SELECT {keys}, minute FROM {name} \
             WHERE seconds IN (60, 3600, 21600, 86400) AND minute < $2 AND project_id = $1 LIMIT $3)"
        )
    }
}

/// The column of each of [`Measures::numbers`].
pub(super) fn measures() -> impl Iterator<Item = String> {
    let latencies = (0..Measures::BUCKETS).map(|bucket| format!("latency_{bucket}"));
    Measures::NAMES.into_iter().map(str::to_owned).chain(latencies)
}
