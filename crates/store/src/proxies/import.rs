//! Many proxies at once, a few statements for all of them.

use std::collections::HashSet;

use model::proxy::ProxySpec;
use model::{ConnectorId, Proxy, ProxyId, Version};
use sqlx::AssertSqlSafe;

use crate::arguments::arguments;
use crate::batch;
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

const COLUMNS: usize = 14;

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
    for batch in specs.chunks(batch::ROWS) {
        let mut values = Vec::with_capacity(batch.len() * COLUMNS);
        let mut ids = Vec::with_capacity(batch.len());
        for spec in batch {
            let id = ProxyId::new();
            ids.push(id);
            values.extend(arguments![id, connector]);
            values.extend(row::columns(change.vault(), id, spec)?);
            values.extend(arguments![change.revision(), Version::FIRST]);
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

/// Writes proxies under the identifiers that they had, once the connectors have none.
pub(crate) async fn put_back(change: &mut Change, proxies: &[Proxy]) -> Result<(), StoreError> {
    for batch in proxies.chunks(batch::ROWS) {
        let mut values = Vec::with_capacity(batch.len() * COLUMNS);
        for proxy in batch {
            values.extend(arguments![proxy.id, proxy.connector]);
            values.extend(row::columns(change.vault(), proxy.id, &proxy.spec)?);
            values.extend(arguments![change.revision(), change.fresh_version()]);
        }
        let created = change.fetch::<(String,)>(AssertSqlSafe(insert(batch.len())), values).await?;
        if created.len() < batch.len() {
            return Err(StoreError::Duplicate { field: "endpoint" });
        }
    }
    Ok(())
}

/// The statement for `rows` rows: nothing of it comes from outside.
fn insert(rows: usize) -> String {
    format!(
        "INSERT INTO proxies (id, connector_id, protocol, host, port, username, password, \
         fingerprint, enabled, country, place, tags, revision, version) VALUES {} \
         ON CONFLICT (connector_id, fingerprint) DO NOTHING RETURNING id",
        batch::values(rows, COLUMNS)
    )
}
