//! Users: read and write.

use jiff::Timestamp;
use model::user::UserSpec;
use model::{User, UserId, Version};

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::{key, parse, pattern};

type Result<T> = std::result::Result<T, StoreError>;

type Row = (String, String, String, String, bool, Option<String>, i64, i64, Option<i64>, i64);

/// Creates a user; without a password hash they cannot log in until they have set a password.
///
/// # Errors
/// [`StoreError::Duplicate`] of `username` or `email`.
pub async fn create(
    change: &mut Change,
    spec: UserSpec,
    password_hash: Option<String>,
) -> Result<User> {
    let (id, created_at) = (UserId::new(), change.now());
    let insert = "INSERT INTO users (id, username, username_key, email, email_key, role, active, \
         password_hash, token_generation, created_at, last_login_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, NULL, 1)";
    let (username, username_key) = (spec.username.clone(), key(&spec.username));
    let (email, email_key) = (spec.email.clone(), email_key(&spec));
    let (role, hash) = (spec.role.as_str(), password_hash.clone());
    let arguments = arguments![
        id,
        username,
        username_key,
        email,
        email_key,
        role,
        spec.active,
        hash,
        created_at
    ];
    change.execute(insert, arguments).await?;
    let version = Version::FIRST;
    let (token_generation, last_login_at) = (0, None);
    Ok(User { id, version, spec, password_hash, token_generation, created_at, last_login_at })
}

/// Writes a user who is still of `version`. Whoever is switched off or gets another role has to
/// log in again.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Duplicate`].
pub async fn update(
    change: &mut Change,
    id: UserId,
    version: Version,
    spec: UserSpec,
) -> Result<()> {
    let update = "UPDATE users SET username = $1, username_key = $2, email = $3, email_key = $4, \
         token_generation = token_generation + CASE WHEN role = $5 \
             AND CASE WHEN active THEN 1 ELSE 0 END = $6 THEN 0 ELSE 1 END, \
         role = $5, active = $7, version = version + 1 WHERE id = $8 AND version = $9";
    let (username, username_key) = (spec.username.clone(), key(&spec.username));
    let (email, email_key) = (spec.email.clone(), email_key(&spec));
    let (role, active) = (spec.role.as_str(), Some(spec.active));
    let arguments = arguments![
        username,
        username_key,
        email,
        email_key,
        role,
        active,
        spec.active,
        id,
        version,
    ];
    let written = change.execute(update, arguments).await?;
    not_written(change, written, id).await
}

/// Deletes a user who is still of `version`; their sessions and invitation go with them.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`].
pub async fn delete(change: &mut Change, id: UserId, version: Version) -> Result<()> {
    let delete = "DELETE FROM users WHERE id = $1 AND version = $2";
    let written = change.execute(delete, arguments![id, version]).await?;
    not_written(change, written, id).await
}

/// Gives a user a password, and ends every session there is.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn set_password(change: &mut Change, id: UserId, hash: &str) -> Result<()> {
    let update = "UPDATE users SET password_hash = $1, version = version + 1 WHERE id = $2";
    change.execute(update, arguments![hash, id]).await?;
    end_sessions(change, id).await
}

/// Makes every token that a user holds worthless.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn end_sessions(change: &mut Change, id: UserId) -> Result<()> {
    let update = "UPDATE users SET token_generation = token_generation + 1 WHERE id = $1";
    if change.execute(update, arguments![id]).await? == 0 {
        return Err(StoreError::NotFound("user"));
    }
    let end = "DELETE FROM sessions WHERE user_id = $1";
    change.execute(end, arguments![id]).await.map(|_rows| ())
}

async fn not_written(change: &mut Change, written: u64, id: UserId) -> Result<()> {
    if written > 0 {
        return Ok(());
    }
    let found = change.fetch("SELECT version FROM users WHERE id = $1", arguments![id]).await?;
    Err(Change::not_written("user", &found))
}

/// Notes that a user has logged in. It is no change of configuration and takes no revision.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn record_login(store: &Store, id: UserId) -> Result<()> {
    let mut transaction = store.aside().await?;
    let update = "UPDATE users SET last_login_at = $1 WHERE id = $2";
    transaction.execute(update, arguments![store.clock().now(), id]).await?;
    transaction.commit().await
}

/// How many users there are.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn count(store: &Store) -> Result<u64> {
    let rows = store.fetch::<(i64,)>("SELECT COUNT(*) FROM users", vec![]).await?;
    Ok(rows.first().map_or(0, |(count,)| count.cast_unsigned()))
}

/// How many administrators could log in, beside `except`.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn other_admins(change: &mut Change, except: UserId) -> Result<u64> {
    let select = "SELECT COUNT(*) FROM users WHERE role = 'admin' AND password_hash IS NOT NULL \
         AND CASE WHEN active THEN 1 ELSE 0 END = 1 AND id <> $1";
    let rows = change.fetch::<(i64,)>(select, arguments![except]).await?;
    Ok(rows.first().map_or(0, |(count,)| count.cast_unsigned()))
}

/// The user, if there is one.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(store: &Store, id: UserId) -> Result<Option<User>> {
    let select = "SELECT id, username, email, role, active, password_hash, token_generation, \
         created_at, last_login_at, version FROM users WHERE id = $1";
    store.fetch::<Row>(select, arguments![id]).await?.into_iter().next().map(read_row).transpose()
}

/// The user of this name, whatever its case.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find_by_username(store: &Store, username: &str) -> Result<Option<User>> {
    let select = "SELECT id, username, email, role, active, password_hash, token_generation, \
         created_at, last_login_at, version FROM users WHERE username_key = $1";
    let rows = store.fetch::<Row>(select, arguments![key(username)]).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Users in the order of their creation, of whose name `search` is a part.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(store: &Store, search: Option<&str>, page: &Page) -> Result<Listed<User>> {
    let select = "SELECT id, username, email, role, active, password_hash, token_generation, \
         created_at, last_login_at, version FROM users \
         WHERE ($1 IS NULL OR username_key LIKE $1 ESCAPE '\\') AND id > $2 ORDER BY id LIMIT $3";
    let count = "SELECT COUNT(*) FROM users WHERE ($1 IS NULL OR username_key LIKE $1 ESCAPE '\\')";
    let search = pattern(search);
    let total = store.fetch(count, arguments![search.clone()]).await?;
    let arguments = arguments![search, page.after(), page.fetch_limit()];
    let rows = store.fetch::<Row>(select, arguments).await?;
    page.listed(rows, &total, |row| read_row(row).map(|user| (user.id.uuid(), user)))
}

fn email_key(spec: &UserSpec) -> Option<String> {
    (!spec.email.is_empty()).then(|| key(&spec.email))
}

fn read_row(row: Row) -> Result<User> {
    let (id, username, email, role, active, hash, generation, created, last_login, version) = row;
    Ok(User {
        id: parse("user", &id)?,
        version: Version(version.cast_unsigned()),
        spec: UserSpec { username, email, role: parse("user", &role)?, active },
        password_hash: hash,
        token_generation: generation.cast_unsigned(),
        created_at: timestamp(created)?,
        last_login_at: last_login.map(timestamp).transpose()?,
    })
}

fn timestamp(millisecond: i64) -> Result<Timestamp> {
    let at = Timestamp::from_millisecond(millisecond);
    at.map_err(|error| StoreError::corrupt("user", error))
}
