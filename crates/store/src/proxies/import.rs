//! Many proxies at once, a few statements for all of them.

use std::collections::HashSet;
use std::fmt::Write as _;

use model::proxy::ProxySpec;
use model::{ConnectorId, ProxyId};
use sqlx::AssertSqlSafe;

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;

use super::row;

/// What became of one proxy of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It is there now.
    Created(ProxyId),
    /// The connector had it already, or the import has it twice.
    Duplicate,
}

/// Rows a statement: both databases limit the parameters of one (32,766 and 65,535).
const BATCH: usize = 500;
const COLUMNS: usize = 13;

/// Creates those of `specs` that the connector does not have yet, and tells for each, in order,
/// what became of it. May be called many times in one change.
///
/// # Errors
/// [`StoreError::NotFound`] of the connector, [`StoreError::Unavailable`].
pub async fn import(
    change: &mut Change,
    connector: ConnectorId,
    specs: &[ProxySpec],
) -> Result<Vec<Imported>, StoreError> {
    let mut imported = Vec::with_capacity(specs.len());
    for batch in specs.chunks(BATCH) {
        let mut values = Vec::with_capacity(batch.len() * COLUMNS);
        let mut ids = Vec::with_capacity(batch.len());
        for spec in batch {
            let id = ProxyId::new();
            ids.push(id);
            values.extend(arguments![id, connector]);
            values.extend(row::columns(change.vault(), id, spec)?);
            values.extend(arguments![change.revision()]);
        }
        let created = change.fetch::<(String,)>(AssertSqlSafe(insert(batch.len())), values).await?;
        let created: HashSet<String> = created.into_iter().map(|(id,)| id).collect();
        imported.extend(ids.into_iter().map(|id| {
            let is_new = created.contains(&id.to_string());
            if is_new { Imported::Created(id) } else { Imported::Duplicate }
        }));
    }
    Ok(imported)
}

/// The statement for `rows` rows: nothing of it comes from outside.
fn insert(rows: usize) -> String {
    let mut sql = String::from(
        "INSERT INTO proxies (id, connector_id, protocol, host, port, username, password, \
         fingerprint, enabled, country, place, tags, revision, version) VALUES ",
    );
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=COLUMNS {
            // Writing to a string cannot fail.
            let _infallible = write!(sql, "${}, ", row * COLUMNS + column);
        }
        sql.push_str("1)");
    }
    sql.push_str(" ON CONFLICT (connector_id, fingerprint) DO NOTHING RETURNING id");
    sql
}
