//! Proxies: read and write, one or a hundred thousand.

mod row;
mod import;
mod filter;
mod many;
mod window;

use std::collections::HashMap;

use model::proxy::{Endpoint, ProxySpec};
use model::{ConnectorId, ProjectId, Proxy, ProxyId, Version};
use sqlx::AssertSqlSafe;

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::parse;

use filter::FILTERED;
pub use filter::Filter;
pub(crate) use import::put_back;
pub use import::{Imported, import};
pub use many::{Count, counts, delete_all, ids, of, present, switch_all};
use row::COLUMNS;
pub(crate) use row::{Logins, Row, read_open, read_row, write_open};
pub use window::{Order, Window, sorted, window};

type Result<T> = std::result::Result<T, StoreError>;

/// Creates a proxy.
///
/// # Errors
/// [`StoreError::NotFound`] of the connector, [`StoreError::Duplicate`] of `endpoint`.
pub async fn create(
    change: &mut Change,
    project: ProjectId,
    connector: ConnectorId,
    spec: ProxySpec,
) -> Result<Proxy> {
    takes_proxies(change, project, connector).await?;
    let imported = import(change, connector, std::slice::from_ref(&spec)).await?;
    match imported.first() {
        Some(Imported::Created(id)) => {
            let revision = change.revision();
            Ok(Proxy { id: *id, connector, version: Version::FIRST, revision, spec })
        }
        _ => Err(StoreError::Duplicate { field: "endpoint" }),
    }
}

/// Makes sure that `connector` is one of `project` that keeps a list of proxies.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Invalid`].
pub async fn takes_proxies(
    change: &mut Change,
    project: ProjectId,
    connector: ConnectorId,
) -> Result<()> {
    let select = "SELECT kind FROM connectors WHERE id = $1 AND project_id = $2";
    let found = change.fetch::<(String,)>(select, arguments![connector, project]).await?;
    match found.first() {
        None => Err(StoreError::NotFound("connector")),
        Some((kind,)) if kind == "static" => Ok(()),
        Some(_) => {
            Err(StoreError::Invalid { field: "connector_id", why: "must be a static connector" })
        }
    }
}

/// Writes a proxy that is still of `version`.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Duplicate`].
pub async fn update(
    change: &mut Change,
    (project, id): (ProjectId, ProxyId),
    version: Version,
    spec: ProxySpec,
) -> Result<Proxy> {
    let revision = change.revision();
    let update = "UPDATE proxies SET protocol = $1, host = $2, port = $3, username = $4, \
         password = $5, fingerprint = $6, enabled = $7, country = $8, place = $9, tags = $10, \
         version = version + 1, revision = $11 WHERE id = $12 AND version = $13 \
         AND connector_id IN (SELECT id FROM connectors WHERE project_id = $14) \
         RETURNING connector_id";
    let mut columns = row::columns(change.vault(), id, &spec)?;
    columns.extend(arguments![revision, id, version, project]);
    let written = change.fetch::<(String,)>(update, columns).await?;
    let Some((connector,)) = written.first() else {
        return Err(not_written(change, (project, id)).await?);
    };
    let connector = parse("proxy", connector)?;
    Ok(Proxy { id, connector, version: Version(version.0 + 1), revision, spec })
}

/// Deletes a proxy that is still of `version`.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`].
pub async fn delete(
    change: &mut Change,
    (project, id): (ProjectId, ProxyId),
    version: Version,
) -> Result<()> {
    let delete = "DELETE FROM proxies WHERE id = $1 AND version = $2 \
         AND connector_id IN (SELECT id FROM connectors WHERE project_id = $3)";
    if change.execute(delete, arguments![id, version, project]).await? == 0 {
        return Err(not_written(change, (project, id)).await?);
    }
    change.bury("proxy", id.to_string()).await
}

/// Deletes every proxy of a project that the filter lets through, and says how many they were.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn delete_matching(
    change: &mut Change,
    project: ProjectId,
    filter: &Filter,
) -> Result<u64> {
    let bury =
        format!("INSERT INTO deletions (kind, id, revision) SELECT 'proxy', p.id, $8 {FILTERED}");
    let mut arguments = filter.arguments(project);
    arguments.extend(arguments![change.revision()]);
    change.execute(AssertSqlSafe(bury), arguments).await?;
    let delete = "DELETE FROM proxies WHERE id IN \
         (SELECT id FROM deletions WHERE kind = 'proxy' AND revision = $1)";
    change.execute(delete, arguments![change.revision()]).await
}

async fn not_written(
    change: &mut Change,
    (project, id): (ProjectId, ProxyId),
) -> Result<StoreError> {
    let select = "SELECT version FROM proxies WHERE id = $1 \
         AND connector_id IN (SELECT id FROM connectors WHERE project_id = $2)";
    let found = change.fetch(select, arguments![id, project]).await?;
    Ok(Change::not_written("proxy", &found))
}

/// The proxy, if there is one, its password opened.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(store: &Store, (project, id): (ProjectId, ProxyId)) -> Result<Option<Proxy>> {
    let select = format!(
        "SELECT {COLUMNS} FROM proxies p JOIN connectors c ON c.id = p.connector_id \
         WHERE p.id = $1 AND c.project_id = $2"
    );
    let rows = store.fetch::<Row>(AssertSqlSafe(select), arguments![id, project]).await?;
    let logins = &mut Logins::default();
    rows.into_iter().next().map(|row| read_row(store.vault(), logins, row)).transpose()
}

/// How many proxies of a project the filter lets through, as the one row that says it.
async fn total(store: &Store, project: ProjectId, filter: &Filter) -> Result<Vec<(i64,)>> {
    let select = format!("SELECT COUNT(*) {FILTERED}");
    store.fetch(AssertSqlSafe(select), filter.arguments(project)).await
}

/// Proxies of a project in the order of their creation, their passwords opened.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(
    store: &Store,
    project: ProjectId,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<Proxy>> {
    let select = format!("SELECT {COLUMNS} {FILTERED} AND p.id > $8 ORDER BY p.id LIMIT $9");
    let total = total(store, project, filter).await?;
    let mut arguments = filter.arguments(project);
    arguments.extend(arguments![page.after(), page.fetch_limit()]);
    let rows = store.fetch::<Row>(AssertSqlSafe(select), arguments).await?;
    page.listed(rows, &total, |row| {
        let proxy = read_row(store.vault(), &mut Logins::default(), row)?;
        Ok((proxy.id.uuid(), proxy))
    })
}

/// How many proxies each connector of a project has; those without any are absent.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn count_by_connector(
    store: &Store,
    project: ProjectId,
) -> Result<HashMap<ConnectorId, u64>> {
    let select = "SELECT connector_id, COUNT(*) FROM proxies WHERE connector_id IN \
         (SELECT id FROM connectors WHERE project_id = $1) GROUP BY connector_id";
    let rows = store.fetch::<(String, i64)>(select, arguments![project]).await?;
    let read = |(id, count): (String, i64)| Ok((parse("proxy", &id)?, count.cast_unsigned()));
    rows.into_iter().map(read).collect()
}

/// What two proxies of one connector differ in.
fn fingerprint(vault: &crate::vault::Vault, endpoint: &Endpoint) -> Vec<u8> {
    let (host, port) = (endpoint.host.to_string(), endpoint.port.to_string());
    let (username, password) = endpoint
        .login
        .as_ref()
        .map_or(("", ""), |login| (login.username.as_str(), login.password.expose()));
    let login = if endpoint.login.is_some() { "login" } else { "none" };
    vault.fingerprint(&[endpoint.protocol.as_str(), &host, &port, login, username, password])
}
