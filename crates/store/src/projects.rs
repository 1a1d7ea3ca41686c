//! Projects: read and write.

use model::login::PasswordDigest;
use model::policy::SessionPolicy;
use model::project::ProjectSpec;
use model::{Project, ProjectId, Revision, Version};
use serde::{Deserialize, Serialize};

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::{key, parse, parse_all, pattern, read, seconds, texts, write};

type Result<T> = std::result::Result<T, StoreError>;

pub(crate) type Row = (String, String, String, Vec<u8>, String, i64, i64);

/// Creates a project.
///
/// # Errors
/// [`StoreError::Duplicate`] of `name` or `username`.
pub async fn create(change: &mut Change, spec: ProjectSpec) -> Result<Project> {
    let (id, revision) = (ProjectId::new(), change.revision());
    let insert = "INSERT INTO projects \
         (id, name, name_key, username, password_digest, spec, version, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7)";
    let (name, name_key) = (spec.name.clone(), key(&spec.name));
    let (username, digest) = (spec.username.clone(), spec.password.as_bytes().to_vec());
    let stored = write(&Stored::from(&spec))?;
    change
        .execute(insert, arguments![id, name, name_key, username, digest, stored, revision])
        .await?;
    Ok(Project { id, version: Version::FIRST, revision, spec })
}

/// Writes a project that is still of `version`.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Duplicate`].
pub async fn update(
    change: &mut Change,
    id: ProjectId,
    version: Version,
    spec: ProjectSpec,
) -> Result<Project> {
    let revision = change.revision();
    let update = "UPDATE projects SET name = $1, name_key = $2, username = $3, \
         password_digest = $4, spec = $5, version = version + 1, revision = $6 \
         WHERE id = $7 AND version = $8";
    let (name, name_key) = (spec.name.clone(), key(&spec.name));
    let (username, digest) = (spec.username.clone(), spec.password.as_bytes().to_vec());
    let stored = write(&Stored::from(&spec))?;
    let arguments = arguments![name, name_key, username, digest, stored, revision, id, version];
    let written = change.execute(update, arguments).await?;
    not_written(change, written, id).await?;
    Ok(Project { id, version: Version(version.0 + 1), revision, spec })
}

/// Deletes a project that is still of `version`, and all that it holds.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`].
pub async fn delete(change: &mut Change, id: ProjectId, version: Version) -> Result<()> {
    let unused = "DELETE FROM connectors WHERE project_id IN \
         (SELECT id FROM projects WHERE id = $1 AND version = $2)";
    // Before the credentials that they refer to.
    change.execute(unused, arguments![id, version]).await?;
    let delete = "DELETE FROM projects WHERE id = $1 AND version = $2";
    let written = change.execute(delete, arguments![id, version]).await?;
    not_written(change, written, id).await?;
    change.bury("project", id.to_string()).await
}

async fn not_written(change: &mut Change, written: u64, id: ProjectId) -> Result<()> {
    if written > 0 {
        return Ok(());
    }
    let found = change.fetch("SELECT version FROM projects WHERE id = $1", arguments![id]).await?;
    Err(Change::not_written("project", &found))
}

/// The project, if there is one.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(store: &Store, id: ProjectId) -> Result<Option<Project>> {
    let select = "SELECT id, name, username, password_digest, spec, version, revision \
         FROM projects WHERE id = $1";
    store.fetch::<Row>(select, arguments![id]).await?.into_iter().next().map(read_row).transpose()
}

/// Projects in the order of their creation, of whose name `search` is a part.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(store: &Store, search: Option<&str>, page: &Page) -> Result<Listed<Project>> {
    let select = "SELECT id, name, username, password_digest, spec, version, revision \
         FROM projects WHERE ($1 IS NULL OR name_key LIKE $1 ESCAPE '\\') AND id > $2 \
         ORDER BY id LIMIT $3";
    let count = "SELECT COUNT(*) FROM projects WHERE ($1 IS NULL OR name_key LIKE $1 ESCAPE '\\')";
    let search = pattern(search);
    let total = store.fetch(count, arguments![search.clone()]).await?;
    let arguments = arguments![search, page.after(), page.fetch_limit()];
    let rows = store.fetch::<Row>(select, arguments).await?;
    page.listed(rows, &total, |row| read_row(row).map(|project| (project.id.uuid(), project)))
}

/// The row of a project, as a database has it.
pub(crate) fn write_row(project: &Project) -> Result<Row> {
    let Project { id, version, revision, spec } = project;
    let (name, username) = (spec.name.clone(), spec.username.clone());
    let (digest, stored) = (spec.password.as_bytes().to_vec(), write(&Stored::from(spec))?);
    let (version, revision) = (version.0.cast_signed(), revision.0.cast_signed());
    Ok((id.to_string(), name, username, digest, stored, version, revision))
}

pub(crate) fn read_row(row: Row) -> Result<Project> {
    let (id, name, username, digest, spec, version, revision) = row;
    let digest = digest.try_into().map_err(|_odd: Vec<u8>| {
        StoreError::corrupt("project", "its password digest is not 32 bytes long")
    })?;
    let stored: Stored = read("project", &spec)?;
    let bare = ProjectSpec::new(name, username, PasswordDigest::from_bytes(digest));
    Ok(Project {
        id: parse("project", &id)?,
        version: Version(version.cast_unsigned()),
        revision: Revision(revision.cast_unsigned()),
        spec: stored.complete(bare)?,
    })
}

/// The columns that no statement looks into.
#[derive(Serialize, Deserialize)]
struct Stored {
    description: String,
    enabled: bool,
    strategy: String,
    rotate: String,
    session_ttl_seconds: Option<u64>,
    session_idle_seconds: u64,
    session_lost: String,
    max_retries: u8,
    /// Younger than the first installations.
    #[serde(default)]
    max_in_flight: Option<u32>,
    connection_timeout_seconds: u64,
    response_timeout_seconds: u64,
    tunnel_idle_timeout_seconds: u64,
    hedge: bool,
    reveal_exit: bool,
    health_check_interval_seconds: u64,
    health_check_timeout_seconds: u64,
    health_check_url: Option<String>,
    source_cidrs: Vec<String>,
    domain_allow: Vec<String>,
    domain_deny: Vec<String>,
    connect_ports: Vec<u16>,
    allow_targets: Vec<String>,
    dialect: String,
}

impl From<&ProjectSpec> for Stored {
    fn from(spec: &ProjectSpec) -> Self {
        Self {
            description: spec.description.clone(),
            enabled: spec.enabled,
            strategy: spec.strategy.to_string(),
            rotate: spec.rotate.to_string(),
            session_ttl_seconds: spec.session.ttl.map(|ttl| ttl.as_secs()),
            session_idle_seconds: spec.session.idle.as_secs(),
            session_lost: spec.session.lost.to_string(),
            max_retries: spec.max_retries,
            max_in_flight: spec.max_in_flight,
            connection_timeout_seconds: spec.connection_timeout.as_secs(),
            response_timeout_seconds: spec.response_timeout.as_secs(),
            tunnel_idle_timeout_seconds: spec.tunnel_idle_timeout.as_secs(),
            hedge: spec.hedge,
            reveal_exit: spec.reveal_exit,
            health_check_interval_seconds: spec.health_check_interval.as_secs(),
            health_check_timeout_seconds: spec.health_check_timeout.as_secs(),
            health_check_url: spec.health_check_url.clone(),
            source_cidrs: texts(&spec.source_cidrs),
            domain_allow: texts(&spec.domain_allow),
            domain_deny: texts(&spec.domain_deny),
            connect_ports: spec.connect_ports.clone(),
            allow_targets: texts(&spec.allow_targets),
            dialect: spec.dialect.to_string(),
        }
    }
}

impl Stored {
    fn complete(self, bare: ProjectSpec) -> Result<ProjectSpec> {
        let what = "project";
        Ok(ProjectSpec {
            description: self.description,
            enabled: self.enabled,
            strategy: parse(what, &self.strategy)?,
            rotate: parse(what, &self.rotate)?,
            session: SessionPolicy {
                ttl: self.session_ttl_seconds.map(seconds),
                idle: seconds(self.session_idle_seconds),
                lost: parse(what, &self.session_lost)?,
            },
            max_retries: self.max_retries,
            max_in_flight: self.max_in_flight,
            connection_timeout: seconds(self.connection_timeout_seconds),
            response_timeout: seconds(self.response_timeout_seconds),
            tunnel_idle_timeout: seconds(self.tunnel_idle_timeout_seconds),
            hedge: self.hedge,
            reveal_exit: self.reveal_exit,
            health_check_interval: seconds(self.health_check_interval_seconds),
            health_check_timeout: seconds(self.health_check_timeout_seconds),
            health_check_url: self.health_check_url,
            source_cidrs: parse_all(what, &self.source_cidrs)?,
            domain_allow: parse_all(what, &self.domain_allow)?,
            domain_deny: parse_all(what, &self.domain_deny)?,
            connect_ports: self.connect_ports,
            allow_targets: parse_all(what, &self.allow_targets)?,
            dialect: parse(what, &self.dialect)?,
            ..bare
        })
    }
}
