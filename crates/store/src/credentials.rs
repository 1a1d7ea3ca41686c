//! Credentials: read and write.

use std::collections::BTreeMap;

use model::credential::CredentialSpec;
use model::{Credential, CredentialId, ProjectId, Revision, Secret, Version};

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::{key, parse, pattern, read, write};
use crate::vault::Vault;

type Result<T> = std::result::Result<T, StoreError>;

pub(crate) type Row = (String, String, String, String, Vec<u8>, i64, i64);

/// Creates a credential.
///
/// # Errors
/// [`StoreError::NotFound`] of the project, [`StoreError::Duplicate`] of `name`.
pub async fn create(
    change: &mut Change,
    project: ProjectId,
    spec: CredentialSpec,
) -> Result<Credential> {
    let (id, revision) = (CredentialId::new(), change.revision());
    let insert = "INSERT INTO credentials \
         (id, project_id, name, name_key, provider, fields, version, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7)";
    let fields = seal(change.vault(), id, &spec.fields)?;
    let (name, name_key, provider) = (spec.name.clone(), key(&spec.name), spec.provider.clone());
    let arguments = arguments![id, project, name, name_key, provider, fields, revision];
    change.execute(insert, arguments).await?;
    Ok(Credential { id, project, version: Version::FIRST, revision, spec })
}

/// Writes a credential that is still of `version`.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Duplicate`].
pub async fn update(
    change: &mut Change,
    (project, id): (ProjectId, CredentialId),
    version: Version,
    spec: CredentialSpec,
) -> Result<Credential> {
    let revision = change.revision();
    let update = "UPDATE credentials SET name = $1, name_key = $2, provider = $3, fields = $4, \
         version = version + 1, revision = $5 WHERE id = $6 AND version = $7 AND project_id = $8";
    let fields = seal(change.vault(), id, &spec.fields)?;
    let (name, name_key, provider) = (spec.name.clone(), key(&spec.name), spec.provider.clone());
    let arguments = arguments![name, name_key, provider, fields, revision, id, version, project];
    let written = change.execute(update, arguments).await?;
    not_written(change, written, (project, id)).await?;
    Ok(Credential { id, project, version: Version(version.0 + 1), revision, spec })
}

/// Deletes a credential that is still of `version` and that no connector uses.
///
/// # Errors
/// [`StoreError::InUse`], [`StoreError::NotFound`], [`StoreError::Conflict`].
pub async fn delete(
    change: &mut Change,
    (project, id): (ProjectId, CredentialId),
    version: Version,
) -> Result<()> {
    let used = "SELECT 1 FROM connectors WHERE credential_id = $1 LIMIT 1";
    if !change.fetch::<(i32,)>(used, arguments![id]).await?.is_empty() {
        return Err(StoreError::InUse { by: "connector" });
    }
    let delete = "DELETE FROM credentials WHERE id = $1 AND version = $2 AND project_id = $3";
    let written = change.execute(delete, arguments![id, version, project]).await?;
    not_written(change, written, (project, id)).await?;
    change.bury("credential", id.to_string()).await
}

/// Writes a credential under the identifier that it had, once there is none of it.
pub(crate) async fn put_back(change: &mut Change, credential: &Credential) -> Result<()> {
    let insert = "INSERT INTO credentials \
         (id, project_id, name, name_key, provider, fields, version, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let Credential { id, project, spec, .. } = credential;
    let fields = seal(change.vault(), *id, &spec.fields)?;
    let (name, name_key, provider) = (spec.name.clone(), key(&spec.name), spec.provider.clone());
    let (version, revision) = (change.fresh_version(), change.revision());
    let arguments = arguments![*id, *project, name, name_key, provider, fields, version, revision];
    change.execute(insert, arguments).await.map(|_rows| ())
}

async fn not_written(
    change: &mut Change,
    written: u64,
    (project, id): (ProjectId, CredentialId),
) -> Result<()> {
    if written > 0 {
        return Ok(());
    }
    let select = "SELECT version FROM credentials WHERE id = $1 AND project_id = $2";
    let found = change.fetch(select, arguments![id, project]).await?;
    Err(Change::not_written("credential", &found))
}

/// The credential, if there is one, its fields opened.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(
    store: &Store,
    (project, id): (ProjectId, CredentialId),
) -> Result<Option<Credential>> {
    let select = "SELECT id, project_id, name, provider, fields, version, revision \
         FROM credentials WHERE id = $1 AND project_id = $2";
    let rows = store.fetch::<Row>(select, arguments![id, project]).await?;
    rows.into_iter().next().map(|row| read_row(store.vault(), row)).transpose()
}

/// Credentials of a project in the order of their creation, of whose name `search` is a part; their
/// fields opened.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(
    store: &Store,
    project: ProjectId,
    search: Option<&str>,
    page: &Page,
) -> Result<Listed<Credential>> {
    let select = "SELECT id, project_id, name, provider, fields, version, revision \
         FROM credentials WHERE project_id = $1 AND ($2 IS NULL OR name_key LIKE $2 ESCAPE '\\') \
         AND id > $3 ORDER BY id LIMIT $4";
    let count = "SELECT COUNT(*) FROM credentials \
         WHERE project_id = $1 AND ($2 IS NULL OR name_key LIKE $2 ESCAPE '\\')";
    let search = pattern(search);
    let total = store.fetch(count, arguments![project, search.clone()]).await?;
    let arguments = arguments![project, search, page.after(), page.fetch_limit()];
    let rows = store.fetch::<Row>(select, arguments).await?;
    page.listed(rows, &total, |row| {
        read_row(store.vault(), row).map(|credential| (credential.id.uuid(), credential))
    })
}

pub(crate) fn read_row(vault: &Vault, row: Row) -> Result<Credential> {
    let (id, project, name, provider, fields, version, revision) = row;
    let id = parse("credential", &id)?;
    Ok(Credential {
        id,
        project: parse("credential", &project)?,
        version: Version(version.cast_unsigned()),
        revision: Revision(revision.cast_unsigned()),
        spec: CredentialSpec { name, provider, fields: open(vault, id, &fields)? },
    })
}

fn context(id: CredentialId) -> String {
    format!("credentials:{id}:fields")
}

fn seal(vault: &Vault, id: CredentialId, fields: &BTreeMap<String, Secret>) -> Result<Vec<u8>> {
    let plain: BTreeMap<&str, &str> =
        fields.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    let plain = zeroize::Zeroizing::new(write(&plain)?);
    vault.seal(&context(id), plain.as_bytes())
}

fn open(vault: &Vault, id: CredentialId, sealed: &[u8]) -> Result<BTreeMap<String, Secret>> {
    let plain = vault.open(&context(id), sealed)?;
    let fields: BTreeMap<String, String> = read("credential", plain.expose())?;
    Ok(fields.into_iter().map(|(name, value)| (name, Secret::from(value))).collect())
}
