//! What nodes are to log for a while.

use jiff::Timestamp;

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// What a node, or all of them, are to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    /// The node; `None`: all that have no filter of their own.
    pub instance: Option<String>,
    /// Directives, as in the settings.
    pub filter: String,
    /// From when on they log again what they were started with.
    pub until: Timestamp,
}

/// Sets the filter of a node, or of all.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn set(change: &mut Change, filter: LogFilter) -> Result<(), StoreError> {
    let insert = "INSERT INTO log_filters (instance_id, filter, until) VALUES ($1, $2, $3) \
         ON CONFLICT (instance_id) DO UPDATE SET filter = excluded.filter, until = excluded.until";
    let LogFilter { instance, filter, until } = filter;
    let arguments = arguments![instance.unwrap_or_default(), filter, until];
    change.execute(insert, arguments).await.map(|_rows| ())
}

/// Takes the filter of a node, or of all, away.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn clear(change: &mut Change, instance: Option<&str>) -> Result<(), StoreError> {
    let delete = "DELETE FROM log_filters WHERE instance_id = $1";
    change.execute(delete, arguments![instance.unwrap_or_default()]).await.map(|_rows| ())
}

/// The filters that are in force now.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(store: &Store) -> Result<Vec<LogFilter>, StoreError> {
    let select =
        "SELECT instance_id, filter, until FROM log_filters WHERE until > $1 ORDER BY instance_id";
    let rows = store.fetch::<(String, String, i64)>(select, arguments![store.clock().now()]);
    let read = |(instance, filter, until): (String, String, i64)| {
        let until = Timestamp::from_millisecond(until)
            .map_err(|error| StoreError::corrupt("log filter", error))?;
        let instance = Some(instance).filter(|instance| !instance.is_empty());
        Ok(LogFilter { instance, filter, until })
    };
    rows.await?.into_iter().map(read).collect()
}
