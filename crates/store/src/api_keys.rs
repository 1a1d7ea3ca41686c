//! Keys of the API: read and write.

use std::time::Duration;

use jiff::Timestamp;
use model::{ApiKey, ApiKeyId, UserId};

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::{parse, parse_all, read, texts, write};

type Result<T> = std::result::Result<T, StoreError>;

type Row = (String, String, String, String, Option<String>, i64, Option<i64>, Option<i64>);

/// Between two notes that a key was used.
const NOTED: Duration = Duration::from_mins(1);

/// Writes a new key, known by the digest of what it is made of.
///
/// # Errors
/// [`StoreError::NotFound`] of the user.
pub async fn create(change: &mut Change, key: &ApiKey, digest: [u8; 32]) -> Result<()> {
    let insert = "INSERT INTO api_keys \
         (id, user_id, name, digest, role, projects, created_at, expires_at, last_used_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)";
    let projects = key.projects.as_ref().map(|projects| write(&texts(projects))).transpose()?;
    let expires_at = key.expires_at.map(Timestamp::as_millisecond);
    let arguments = arguments![
        key.id.to_string(),
        key.user,
        key.name.clone(),
        digest.to_vec(),
        key.role.as_str(),
        projects,
        key.created_at,
        expires_at,
    ];
    change.execute(insert, arguments).await.map(|_rows| ())
}

/// Deletes a key: from now on it is worth nothing, on every node.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn delete(change: &mut Change, id: ApiKeyId) -> Result<()> {
    let delete = "DELETE FROM api_keys WHERE id = $1";
    match change.execute(delete, arguments![id.to_string()]).await? {
        0 => Err(StoreError::NotFound("API key")),
        _ => Ok(()),
    }
}

/// The key with this digest, unless it has expired. That it was used is noted once a minute.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn used(store: &Store, digest: [u8; 32]) -> Result<Option<ApiKey>> {
    let select = "SELECT id, user_id, name, role, projects, created_at, expires_at, last_used_at \
         FROM api_keys WHERE digest = $1 AND (expires_at IS NULL OR expires_at > $2)";
    let now = store.clock().now();
    let rows = store.fetch::<Row>(select, arguments![digest.to_vec(), now]).await?;
    let Some(key) = rows.into_iter().next().map(read_row).transpose()? else { return Ok(None) };
    if key.last_used_at.is_none_or(|at| now.duration_since(at).unsigned_abs() >= NOTED) {
        let mut transaction = store.aside().await?;
        let update = "UPDATE api_keys SET last_used_at = $1 WHERE id = $2";
        transaction.execute(update, arguments![now, key.id.to_string()]).await?;
        transaction.commit().await?;
    }
    Ok(Some(key))
}

/// The key, if there is one.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(store: &Store, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let select = "SELECT id, user_id, name, role, projects, created_at, expires_at, last_used_at \
         FROM api_keys WHERE id = $1";
    let rows = store.fetch::<Row>(select, arguments![id.to_string()]).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Keys in the order of their creation, of one user or of all.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(store: &Store, user: Option<UserId>, page: &Page) -> Result<Listed<ApiKey>> {
    let count = "SELECT COUNT(*) FROM api_keys WHERE ($1 IS NULL OR user_id = $1)";
    let select = "SELECT id, user_id, name, role, projects, created_at, expires_at, last_used_at \
         FROM api_keys WHERE ($1 IS NULL OR user_id = $1) AND id > $2 ORDER BY id LIMIT $3";
    let total = store.fetch(count, arguments![user]).await?;
    let rows = store.fetch(select, arguments![user, page.after(), page.fetch_limit()]).await?;
    page.listed(rows, &total, |row| read_row(row).map(|key| (key.id.uuid(), key)))
}

fn read_row(row: Row) -> Result<ApiKey> {
    let (id, user, name, role, projects, created_at, expires_at, last_used_at) = row;
    let projects =
        projects.map(|text| parse_all("API key", &read::<Vec<String>>("API key", &text)?));
    Ok(ApiKey {
        id: parse("API key", &id)?,
        user: parse("API key", &user)?,
        name,
        role: parse("API key", &role)?,
        projects: projects.transpose()?,
        created_at: timestamp(created_at)?,
        expires_at: expires_at.map(timestamp).transpose()?,
        last_used_at: last_used_at.map(timestamp).transpose()?,
    })
}

fn timestamp(millisecond: i64) -> Result<Timestamp> {
    let at = Timestamp::from_millisecond(millisecond);
    at.map_err(|error| StoreError::corrupt("API key", error))
}
