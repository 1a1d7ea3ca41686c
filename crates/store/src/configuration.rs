//! Everything a roster is made of, at one revision, in one snapshot.

use model::configuration::Deleted;
use model::{Configuration, Revision};

use crate::arguments::arguments;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::store::Store;
use crate::stored::parse;
use crate::{connectors, credentials, projects, proxies};

/// Reads the configuration: all of it, or what has been written after `since`.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn load(store: &Store, since: Option<Revision>) -> Result<Configuration, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let rows = snapshot.fetch::<(i64,)>("SELECT revision FROM installation", vec![]).await?;
    let revision = rows.first().map_or(0, |(revision,)| revision.cast_unsigned());
    let mut configuration =
        Configuration { revision: Revision(revision), since, ..Configuration::default() };
    let after = since.unwrap_or_default();
    load_sources(store, &mut snapshot, &mut configuration, after).await?;
    let select = "SELECT id, connector_id, protocol, host, port, username, password, enabled, \
         country, place, tags, version, revision FROM proxies WHERE revision > $1 ORDER BY id";
    let mut logins = proxies::Logins::default();
    let take = |row| {
        configuration.proxies.push(proxies::read_row(store.vault(), &mut logins, row)?);
        Ok(())
    };
    snapshot.each::<proxies::Row>(select, arguments![after], take).await?;
    if since.is_some() {
        configuration.deleted = load_deleted(&mut snapshot, after).await?;
    }
    Ok(configuration)
}

async fn load_sources(
    store: &Store,
    snapshot: &mut Transaction,
    configuration: &mut Configuration,
    after: Revision,
) -> Result<(), StoreError> {
    let select = "SELECT id, name, username, password_digest, spec, version, revision \
         FROM projects WHERE revision > $1 ORDER BY id";
    let rows = snapshot.fetch(select, arguments![after]).await?;
    configuration.projects = rows.into_iter().map(projects::read_row).collect::<Result<_, _>>()?;
    let select = "SELECT id, project_id, name, provider, fields, version, revision \
         FROM credentials WHERE revision > $1 ORDER BY id";
    let rows = snapshot.fetch(select, arguments![after]).await?;
    let read = |row| credentials::read_row(store.vault(), row);
    configuration.credentials = rows.into_iter().map(read).collect::<Result<_, _>>()?;
    let select = "SELECT id, project_id, credential_id, name, kind, spec, version, revision \
         FROM connectors WHERE revision > $1 ORDER BY id";
    let rows = snapshot.fetch(select, arguments![after]).await?;
    configuration.connectors =
        rows.into_iter().map(connectors::read_row).collect::<Result<_, _>>()?;
    Ok(())
}

async fn load_deleted(
    snapshot: &mut Transaction,
    after: Revision,
) -> Result<Vec<Deleted>, StoreError> {
    let select = "SELECT kind, id FROM deletions WHERE revision > $1 ORDER BY revision";
    let rows = snapshot.fetch::<(String, String)>(select, arguments![after]).await?;
    let read = |(kind, id): (String, String)| {
        Ok(match kind.as_str() {
            "project" => Deleted::Project(parse("deletion", &id)?),
            "credential" => Deleted::Credential(parse("deletion", &id)?),
            "connector" => Deleted::Connector(parse("deletion", &id)?),
            "proxy" => Deleted::Proxy(parse("deletion", &id)?),
            _ => return Err(StoreError::corrupt("deletion", "its kind is not known")),
        })
    };
    rows.into_iter().map(read).collect()
}
