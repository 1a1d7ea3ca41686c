//! Projects: read and write.

mod stored;

use model::login::PasswordDigest;
use model::project::ProjectSpec;
use model::{Project, ProjectId, Revision, Version};

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::projects::stored::Stored;
use crate::store::Store;
use crate::stored::{key, parse, pattern, read, write};

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

/// Writes a project under the identifier that it had, once there is none of it.
pub(crate) async fn put_back(change: &mut Change, project: &Project) -> Result<()> {
    let insert = "INSERT INTO projects \
         (id, name, name_key, username, password_digest, spec, version, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (id, name, username, digest, spec, ..) = write_row(project)?;
    let (name_key, version, revision) = (key(&name), change.fresh_version(), change.revision());
    let arguments = arguments![id, name, name_key, username, digest, spec, version, revision];
    change.execute(insert, arguments).await.map(|_rows| ())
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

/// The same, of these projects only.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list_of(
    store: &Store,
    ids: &[ProjectId],
    search: Option<&str>,
    page: &Page,
) -> Result<Listed<Project>> {
    let (search, mut found) = (search.map(key), Vec::new());
    for id in ids {
        found.extend(find(store, *id).await?);
    }
    found.retain(|project| {
        search.as_deref().is_none_or(|part| key(&project.spec.name).contains(part))
    });
    found.sort_by_key(|project| project.id);
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    found.retain(|project| page.after.is_none_or(|after| project.id.uuid() > after));
    page.listed(found, &[(total,)], |project| Ok((project.id.uuid(), project)))
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
