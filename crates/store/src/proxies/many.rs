//! Many proxies of a project by their identifiers, and how many there are of which.

use model::place::Country;
use model::{ConnectorId, ProjectId, Proxy, ProxyId};
use sqlx::AssertSqlSafe;

use super::row::{COLUMNS, Logins, Row, read_row};
use super::{FILTERED, Filter, Result};
use crate::arguments::{Argument, arguments};
use crate::change::Change;
use crate::store::Store;
use crate::stored::parse;

/// Identifiers a statement: both databases limit the parameters of one (32,766 and 65,535).
const IDS: usize = 5_000;

/// How many proxies of a connector are in one country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The connector.
    pub connector: ConnectorId,
    /// The country; `None`: it is not known.
    pub country: Option<Country>,
    /// Whether they are switched on.
    pub enabled: bool,
    /// How many they are.
    pub proxies: u64,
}

/// How many proxies of a project are on and off, by connector and country.
///
/// # Errors
/// [`StoreError::Unavailable`](crate::StoreError::Unavailable).
pub async fn counts(store: &Store, project: ProjectId) -> Result<Vec<Count>> {
    let select = "SELECT connector_id, country, enabled, COUNT(*) FROM proxies \
         WHERE connector_id IN (SELECT id FROM connectors WHERE project_id = $1) \
         GROUP BY connector_id, country, enabled";
    let rows = store.fetch::<(String, Option<String>, bool, i64)>(select, arguments![project]);
    let read = |(connector, country, enabled, count): (String, Option<String>, bool, i64)| {
        let country = country.map(|country| parse("proxy", &country)).transpose()?;
        let connector = parse("proxy", &connector)?;
        Ok(Count { connector, country, enabled, proxies: count.cast_unsigned() })
    };
    rows.await?.into_iter().map(read).collect()
}

/// The proxies of a project that the filter lets through, in the order of their creation.
///
/// # Errors
/// [`StoreError::Unavailable`](crate::StoreError::Unavailable).
pub async fn ids(store: &Store, project: ProjectId, filter: &Filter) -> Result<Vec<ProxyId>> {
    let select = format!("SELECT p.id {FILTERED} ORDER BY p.id");
    let rows = store.fetch::<(String,)>(AssertSqlSafe(select), filter.arguments(project)).await?;
    rows.into_iter().map(|(id,)| parse("proxy", &id)).collect()
}

/// Those of `ids` that are proxies of the project, in the order of their creation.
///
/// # Errors
/// [`StoreError::Unavailable`](crate::StoreError::Unavailable).
pub async fn present(store: &Store, project: ProjectId, ids: &[ProxyId]) -> Result<Vec<ProxyId>> {
    let mut present = Vec::with_capacity(ids.len());
    for some in ids.chunks(IDS) {
        let select = format!("SELECT p.id {FROM} WHERE {OF} AND p.id IN {}", places(some.len()));
        let rows = store.fetch::<(String,)>(AssertSqlSafe(select), those(project, some)).await?;
        for (id,) in rows {
            present.push(parse("proxy", &id)?);
        }
    }
    present.sort_unstable();
    present.dedup();
    Ok(present)
}

/// Those of `ids` that are there, their passwords opened, in the order of their creation.
///
/// # Errors
/// [`StoreError::Unavailable`](crate::StoreError::Unavailable).
pub async fn of(store: &Store, project: ProjectId, ids: &[ProxyId]) -> Result<Vec<Proxy>> {
    let (mut proxies, mut logins) = (Vec::with_capacity(ids.len()), Logins::default());
    for some in ids.chunks(IDS) {
        let select =
            format!("SELECT {COLUMNS} {FROM} WHERE {OF} AND p.id IN {}", places(some.len()));
        let rows = store.fetch::<Row>(AssertSqlSafe(select), those(project, some)).await?;
        for row in rows {
            proxies.push(read_row(store.vault(), &mut logins, row)?);
        }
    }
    proxies.sort_unstable_by_key(|proxy| proxy.id);
    Ok(proxies)
}

/// Deletes those of `ids` that are proxies of the project, and says how many they were.
///
/// # Errors
/// [`StoreError::Unavailable`](crate::StoreError::Unavailable).
pub async fn delete_all(change: &mut Change, project: ProjectId, ids: &[ProxyId]) -> Result<u64> {
    for some in ids.chunks(IDS) {
        let revision = some.len() + 2;
        let bury = format!(
            "INSERT INTO deletions (kind, id, revision) SELECT 'proxy', p.id, ${revision} \
             {FROM} WHERE {OF} AND p.id IN {}",
            places(some.len())
        );
        let mut arguments = those(project, some);
        arguments.extend(arguments![change.revision()]);
        change.execute(AssertSqlSafe(bury), arguments).await?;
    }
    let delete = "DELETE FROM proxies WHERE id IN \
         (SELECT id FROM deletions WHERE kind = 'proxy' AND revision = $1)";
    change.execute(delete, arguments![change.revision()]).await
}

/// Switches those of `ids` on or off that are proxies of the project and are not so already. How
/// many they were.
///
/// # Errors
/// [`StoreError::Unavailable`](crate::StoreError::Unavailable).
pub async fn switch_all(
    change: &mut Change,
    (project, ids): (ProjectId, &[ProxyId]),
    enabled: bool,
) -> Result<u64> {
    let mut switched = 0;
    for some in ids.chunks(IDS) {
        let (value, revision) = (some.len() + 2, some.len() + 3);
        let update = format!(
            "UPDATE proxies SET enabled = ${value}, version = version + 1, revision = ${revision} \
             WHERE enabled <> ${value} AND connector_id IN \
             (SELECT id FROM connectors WHERE project_id = $1) AND id IN {}",
            places(some.len())
        );
        let mut arguments = those(project, some);
        arguments.extend(arguments![enabled, change.revision()]);
        switched += change.execute(AssertSqlSafe(update), arguments).await?;
    }
    Ok(switched)
}

const FROM: &str = "FROM proxies p JOIN connectors c ON c.id = p.connector_id";
const OF: &str = "c.project_id = $1";

/// `$1` is the project, and what follows the identifiers.
fn those(project: ProjectId, ids: &[ProxyId]) -> Vec<Argument> {
    let mut arguments = arguments![project];
    arguments.extend(ids.iter().map(|id| Argument::from(*id)));
    arguments
}

/// `($2, $3, ..)`: nothing of a statement but the number of these comes from outside.
fn places(count: usize) -> String {
    let places: Vec<_> = (2..count + 2).map(|place| format!("${place}")).collect();
    format!("({})", places.join(", "))
}
