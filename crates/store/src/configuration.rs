//! Everything a roster is made of, at one revision, in one snapshot.

mod digest;

use model::configuration::Deleted;
use model::{Configuration, Revision};

use crate::arguments::arguments;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::fence::Fenced;
use crate::store::Store;
use crate::stored::parse;
use crate::{connectors, credentials, projects, proxies, roots};

pub use digest::{Digest, Part, Slice, digest};

/// Reads the configuration: all of it, or what has been written after `since`. All of it, too, when
/// the deletions since then are no longer known ([`forget`]), or when there never was such a revision:
/// the database has been restored from a copy.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn load(store: &Store, since: Option<Revision>) -> Result<Configuration, StoreError> {
    read(store, &mut store.snapshot().await?, since).await
}

/// The same, in a snapshot that shows more than that.
pub(crate) async fn read(
    store: &Store,
    snapshot: &mut Transaction,
    since: Option<Revision>,
) -> Result<Configuration, StoreError> {
    let select = "SELECT revision, forgotten, roots_revision FROM installation";
    let rows = snapshot.fetch::<(i64, i64, i64)>(select, vec![]).await?;
    let (revision, forgotten, roots_revision) = rows.first().copied().unwrap_or_default();
    let (revision, forgotten) = (revision.cast_unsigned(), forgotten.cast_unsigned());
    let since = since.filter(|since| (forgotten..=revision).contains(&since.0));
    let mut configuration =
        Configuration { revision: Revision(revision), since, ..Configuration::default() };
    let after = since.unwrap_or_default();
    load_sources(store, snapshot, &mut configuration, after).await?;
    let select = "SELECT id, connector_id, protocol, host, port, username, password, enabled, \
         country, place, tags, version, revision FROM proxies WHERE revision > $1 ORDER BY id";
    let mut logins = proxies::Logins::default();
    let take = |row| {
        configuration.proxies.push(proxies::read_row(store.vault(), &mut logins, row)?);
        Ok(())
    };
    snapshot.each::<proxies::Row>(select, arguments![after], take).await?;
    if Revision(roots_revision.cast_unsigned()) > after {
        configuration.roots = roots::load(store.vault(), snapshot).await?;
    }
    if since.is_some() {
        configuration.deleted = load_deleted(snapshot, after).await?;
    }
    Ok(configuration)
}

/// Forgets which rows were deleted more than `keep` revisions ago, and says how many they were: some
/// `rows` at a time, but all of one revision together. Once it is 0, there is nothing left to forget.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn forget(fenced: &mut Fenced, keep: u64, rows: u32) -> Result<u64, StoreError> {
    let oldest = "SELECT MAX(revision) FROM (SELECT revision FROM deletions \
         WHERE revision <= (SELECT revision FROM installation) - $1 \
         ORDER BY revision LIMIT $2) AS oldest";
    let found = fenced.fetch::<(Option<i64>,)>(oldest, arguments![keep, i64::from(rows)]).await?;
    let Some((Some(last),)) = found.first().copied() else { return Ok(0) };
    let update = "UPDATE installation SET forgotten = $1 WHERE forgotten < $1";
    fenced.execute(update, arguments![last]).await?;
    fenced.execute("DELETE FROM deletions WHERE revision <= $1", arguments![last]).await
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
    rows.iter().map(|(kind, id)| read_deleted(kind, id)).collect()
}

pub(crate) fn read_deleted(kind: &str, id: &str) -> Result<Deleted, StoreError> {
    Ok(match kind {
        "project" => Deleted::Project(parse("deletion", id)?),
        "credential" => Deleted::Credential(parse("deletion", id)?),
        "connector" => Deleted::Connector(parse("deletion", id)?),
        "proxy" => Deleted::Proxy(parse("deletion", id)?),
        _ => return Err(StoreError::corrupt("deletion", "its kind is not known")),
    })
}
