//! Connectors: read and write.

use std::num::NonZeroU32;

use model::connector::ConnectorSpec;
use model::policy::RateLimit;
use model::{Connector, ConnectorId, CredentialId, ProjectId, Revision, Version};
use serde::{Deserialize, Serialize};

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::{StoredCap, StoredPrices, key, parse, parse_all, pattern, read, seconds};
use crate::stored::{texts, write};

type Result<T> = std::result::Result<T, StoreError>;

pub(crate) type Row = (String, String, Option<String>, String, String, String, i64, i64);

/// Creates a connector.
///
/// # Errors
/// [`StoreError::NotFound`] of the project or the credential, [`StoreError::Duplicate`] of `name`.
pub async fn create(
    change: &mut Change,
    project: ProjectId,
    spec: ConnectorSpec,
) -> Result<Connector> {
    same_project(change, project, spec.credential).await?;
    let (id, revision) = (ConnectorId::new(), change.revision());
    let insert = "INSERT INTO connectors \
         (id, project_id, credential_id, name, name_key, kind, spec, version, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)";
    let (name, name_key, kind) = (spec.name.clone(), key(&spec.name), spec.kind.as_str());
    let stored = write(&Stored::from(&spec))?;
    let arguments =
        arguments![id, project, spec.credential, name, name_key, kind, stored, revision];
    change.execute(insert, arguments).await?;
    Ok(Connector { id, project, version: Version::FIRST, revision, spec })
}

/// Writes a connector that is still of `version`.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Duplicate`].
pub async fn update(
    change: &mut Change,
    (project, id): (ProjectId, ConnectorId),
    version: Version,
    spec: ConnectorSpec,
) -> Result<Connector> {
    same_project(change, project, spec.credential).await?;
    let revision = change.revision();
    let update = "UPDATE connectors SET credential_id = $1, name = $2, name_key = $3, kind = $4, \
         spec = $5, version = version + 1, revision = $6 \
         WHERE id = $7 AND version = $8 AND project_id = $9";
    let (name, name_key, kind) = (spec.name.clone(), key(&spec.name), spec.kind.as_str());
    let stored = write(&Stored::from(&spec))?;
    let arguments =
        arguments![spec.credential, name, name_key, kind, stored, revision, id, version, project];
    let written = change.execute(update, arguments).await?;
    not_written(change, written, (project, id)).await?;
    Ok(Connector { id, project, version: Version(version.0 + 1), revision, spec })
}

/// Deletes a connector that is still of `version`, and its proxies.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`].
pub async fn delete(
    change: &mut Change,
    (project, id): (ProjectId, ConnectorId),
    version: Version,
) -> Result<()> {
    let delete = "DELETE FROM connectors WHERE id = $1 AND version = $2 AND project_id = $3";
    let written = change.execute(delete, arguments![id, version, project]).await?;
    not_written(change, written, (project, id)).await?;
    change.bury("connector", id.to_string()).await
}

/// Writes a connector under the identifier that it had, once there is none of it.
pub(crate) async fn put_back(change: &mut Change, connector: &Connector) -> Result<()> {
    let insert = "INSERT INTO connectors \
         (id, project_id, credential_id, name, name_key, kind, spec, version, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (id, project, credential, name, kind, spec, ..) = write_row(connector)?;
    let (name_key, version, revision) = (key(&name), change.fresh_version(), change.revision());
    let arguments =
        arguments![id, project, credential, name, name_key, kind, spec, version, revision];
    change.execute(insert, arguments).await.map(|_rows| ())
}

async fn not_written(
    change: &mut Change,
    written: u64,
    (project, id): (ProjectId, ConnectorId),
) -> Result<()> {
    if written > 0 {
        return Ok(());
    }
    let select = "SELECT version FROM connectors WHERE id = $1 AND project_id = $2";
    let found = change.fetch(select, arguments![id, project]).await?;
    Err(Change::not_written("connector", &found))
}

/// A connector may log in with an account of its own project only.
async fn same_project(
    change: &mut Change,
    project: ProjectId,
    credential: Option<CredentialId>,
) -> Result<()> {
    let Some(credential) = credential else { return Ok(()) };
    let select = "SELECT 1 FROM credentials WHERE id = $1 AND project_id = $2";
    let found = change.fetch::<(i32,)>(select, arguments![credential, project]).await?;
    if found.is_empty() { Err(StoreError::NotFound("credential")) } else { Ok(()) }
}

/// The connector, if there is one.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(
    store: &Store,
    (project, id): (ProjectId, ConnectorId),
) -> Result<Option<Connector>> {
    let select = "SELECT id, project_id, credential_id, name, kind, spec, version, revision \
         FROM connectors WHERE id = $1 AND project_id = $2";
    let rows = store.fetch::<Row>(select, arguments![id, project]).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Connectors of a project in the order of their creation, of whose name `search` is a part.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(
    store: &Store,
    project: ProjectId,
    search: Option<&str>,
    page: &Page,
) -> Result<Listed<Connector>> {
    let select = "SELECT id, project_id, credential_id, name, kind, spec, version, revision \
         FROM connectors WHERE project_id = $1 AND ($2 IS NULL OR name_key LIKE $2 ESCAPE '\\') \
         AND id > $3 ORDER BY id LIMIT $4";
    let count = "SELECT COUNT(*) FROM connectors \
         WHERE project_id = $1 AND ($2 IS NULL OR name_key LIKE $2 ESCAPE '\\')";
    let search = pattern(search);
    let total = store.fetch(count, arguments![project, search.clone()]).await?;
    let arguments = arguments![project, search, page.after(), page.fetch_limit()];
    let rows = store.fetch::<Row>(select, arguments).await?;
    page.listed(rows, &total, |row| read_row(row).map(|connector| (connector.id.uuid(), connector)))
}

/// The row of a connector, as a database has it.
pub(crate) fn write_row(connector: &Connector) -> Result<Row> {
    let Connector { id, project, version, revision, spec } = connector;
    let credential = spec.credential.map(|id| id.to_string());
    let (name, kind, stored) = (spec.name.clone(), spec.kind.to_string(), Stored::from(spec));
    let (version, revision) = (version.0.cast_signed(), revision.0.cast_signed());
    let (id, project, stored) = (id.to_string(), project.to_string(), write(&stored)?);
    Ok((id, project, credential, name, kind, stored, version, revision))
}

pub(crate) fn read_row(row: Row) -> Result<Connector> {
    let (id, project, credential, name, kind, spec, version, revision) = row;
    let what = "connector";
    let stored: Stored = read(what, &spec)?;
    let credential = credential.map(|id| parse(what, &id)).transpose()?;
    let bare = ConnectorSpec { credential, ..ConnectorSpec::new(name, parse(what, &kind)?) };
    Ok(Connector {
        id: parse(what, &id)?,
        project: parse(what, &project)?,
        version: Version(version.cast_unsigned()),
        revision: Revision(revision.cast_unsigned()),
        spec: stored.complete(bare)?,
    })
}

/// The columns that no statement looks into.
#[derive(Serialize, Deserialize)]
struct Stored {
    enabled: bool,
    weight: u8,
    priority: u8,
    domain_allow: Vec<String>,
    domain_deny: Vec<String>,
    countries: Vec<String>,
    rate_limit: Option<StoredLimit>,
    max_in_flight: Option<u32>,
    resolve: String,
    ca_pem: Option<String>,
    source_address: Option<String>,
    health_check_url: Option<String>,
    // Younger than the first installations, both.
    #[serde(default)]
    prices: StoredPrices,
    #[serde(default)]
    caps: Vec<StoredCap>,
}

#[derive(Serialize, Deserialize)]
struct StoredLimit {
    max_requests: NonZeroU32,
    window_seconds: u64,
    quarantine_seconds: Option<(u64, u64)>,
    sticky_quarantine: bool,
}

impl From<&ConnectorSpec> for Stored {
    fn from(spec: &ConnectorSpec) -> Self {
        let limit = spec.rate_limit.map(|limit| StoredLimit {
            max_requests: limit.max_requests,
            window_seconds: limit.window.as_secs(),
            quarantine_seconds: limit.quarantine.map(|(min, max)| (min.as_secs(), max.as_secs())),
            sticky_quarantine: limit.sticky_quarantine,
        });
        Self {
            enabled: spec.enabled,
            weight: spec.weight,
            priority: spec.priority,
            domain_allow: texts(&spec.domain_allow),
            domain_deny: texts(&spec.domain_deny),
            countries: texts(&spec.countries),
            rate_limit: limit,
            max_in_flight: spec.max_in_flight,
            resolve: spec.resolve.to_string(),
            ca_pem: spec.ca_pem.clone(),
            source_address: spec.source_address.map(|address| address.to_string()),
            health_check_url: spec.health_check_url.clone(),
            prices: spec.prices.into(),
            caps: spec.caps.iter().map(StoredCap::from).collect(),
        }
    }
}

impl Stored {
    fn complete(self, bare: ConnectorSpec) -> Result<ConnectorSpec> {
        let what = "connector";
        let source_address = self.source_address.as_deref();
        Ok(ConnectorSpec {
            enabled: self.enabled,
            weight: self.weight,
            priority: self.priority,
            domain_allow: parse_all(what, &self.domain_allow)?,
            domain_deny: parse_all(what, &self.domain_deny)?,
            countries: parse_all(what, &self.countries)?,
            rate_limit: self.rate_limit.map(StoredLimit::complete),
            max_in_flight: self.max_in_flight,
            resolve: parse(what, &self.resolve)?,
            ca_pem: self.ca_pem,
            source_address: source_address.map(|text| parse(what, text)).transpose()?,
            health_check_url: self.health_check_url,
            prices: self.prices.complete(),
            caps: self.caps.into_iter().map(StoredCap::complete).collect::<Result<_>>()?,
            ..bare
        })
    }
}

impl StoredLimit {
    fn complete(self) -> RateLimit {
        RateLimit {
            max_requests: self.max_requests,
            window: seconds(self.window_seconds),
            quarantine: self.quarantine_seconds.map(|(min, max)| (seconds(min), seconds(max))),
            sticky_quarantine: self.sticky_quarantine,
        }
    }
}
