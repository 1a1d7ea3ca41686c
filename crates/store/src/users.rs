//! Users: read and write.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::user::{Role, UserSpec};
use model::{ProjectId, User, UserId, Version};

use crate::arguments::arguments;
use crate::change::Change;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::{key, parse, pattern, read, write};

type Result<T> = std::result::Result<T, StoreError>;

pub(crate) type Row = (
    String,
    String,
    String,
    String,
    bool,
    Option<String>,
    i64,
    i64,
    Option<i64>,
    i64,
    Option<String>,
);

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
         password_hash, token_generation, created_at, last_login_at, version, grants) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, NULL, 1, $10)";
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
        created_at,
        grants(&spec)?,
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
         role = $5, active = $7, grants = $10, version = version + 1 \
         WHERE id = $8 AND version = $9";
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
        grants(&spec)?,
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
         created_at, last_login_at, version, grants FROM users WHERE id = $1";
    store.fetch::<Row>(select, arguments![id]).await?.into_iter().next().map(read_row).transpose()
}

/// The user of this name, whatever its case.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find_by_username(store: &Store, username: &str) -> Result<Option<User>> {
    let select = "SELECT id, username, email, role, active, password_hash, token_generation, \
         created_at, last_login_at, version, grants FROM users WHERE username_key = $1";
    let rows = store.fetch::<Row>(select, arguments![key(username)]).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Users in the order of their creation, of whose name `search` is a part.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(store: &Store, search: Option<&str>, page: &Page) -> Result<Listed<User>> {
    let select = "SELECT id, username, email, role, active, password_hash, token_generation, \
         created_at, last_login_at, version, grants FROM users \
         WHERE ($1 IS NULL OR username_key LIKE $1 ESCAPE '\\') AND id > $2 ORDER BY id LIMIT $3";
    let count = "SELECT COUNT(*) FROM users WHERE ($1 IS NULL OR username_key LIKE $1 ESCAPE '\\')";
    let search = pattern(search);
    let total = store.fetch(count, arguments![search.clone()]).await?;
    let arguments = arguments![search, page.after(), page.fetch_limit()];
    let rows = store.fetch::<Row>(select, arguments).await?;
    page.listed(rows, &total, |row| read_row(row).map(|user| (user.id.uuid(), user)))
}

/// As they are kept: roles by project.
fn grants(spec: &UserSpec) -> Result<Option<String>> {
    let texts = |grants: &BTreeMap<ProjectId, Role>| -> BTreeMap<String, &'static str> {
        grants.iter().map(|(project, role)| (project.to_string(), role.as_str())).collect()
    };
    spec.grants.as_ref().map(|grants| write(&texts(grants))).transpose()
}

fn read_grants(text: &str) -> Result<BTreeMap<ProjectId, Role>> {
    let texts: BTreeMap<String, String> = read("user", text)?;
    let grant =
        |(project, role): (String, String)| Ok((parse("user", &project)?, parse("user", &role)?));
    texts.into_iter().map(grant).collect()
}

fn email_key(spec: &UserSpec) -> Option<String> {
    (!spec.email.is_empty()).then(|| key(&spec.email))
}

/// Writes a user under the identifier that they had, once there is none of it. Their tokens of
/// before are worth nothing.
pub(crate) async fn put_back(change: &mut Change, user: &User) -> Result<()> {
    let insert = "INSERT INTO users (id, username, username_key, email, email_key, role, active, \
         password_hash, token_generation, created_at, last_login_at, version, grants) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let (id, username, email, role, active, hash, _, created, last_login, _, grants) =
        write_row(user)?;
    let (name_key, email_key) = (key(&username), email_key(&user.spec));
    let (generation, version) = (change.fresh_version(), change.fresh_version());
    let mut arguments = arguments![id, username, name_key, email, email_key, role, active, hash];
    arguments.extend(arguments![generation, created, last_login, version, grants]);
    change.execute(insert, arguments).await.map(|_rows| ())
}

/// Every user there is.
pub(crate) async fn load(snapshot: &mut Transaction) -> Result<Vec<User>> {
    let select = "SELECT id, username, email, role, active, password_hash, token_generation, \
         created_at, last_login_at, version, grants FROM users ORDER BY id";
    let rows = snapshot.fetch::<Row>(select, vec![]).await?;
    rows.into_iter().map(read_row).collect()
}

/// Deletes everybody but one, and says who that is.
pub(crate) async fn keep_only(change: &mut Change, id: UserId) -> Result<User> {
    change.execute("DELETE FROM users WHERE id <> $1", arguments![id]).await?;
    let select = "SELECT id, username, email, role, active, password_hash, token_generation, \
         created_at, last_login_at, version, grants FROM users WHERE id = $1";
    let rows = change.fetch::<Row>(select, arguments![id]).await?;
    rows.into_iter().next().map(read_row).transpose()?.ok_or(StoreError::NotFound("user"))
}

/// The row of a user, as a database has it.
pub(crate) fn write_row(user: &User) -> Result<Row> {
    let User { id, version, spec, password_hash, token_generation, created_at, last_login_at } =
        user;
    Ok((
        id.to_string(),
        spec.username.clone(),
        spec.email.clone(),
        spec.role.to_string(),
        spec.active,
        password_hash.clone(),
        token_generation.cast_signed(),
        created_at.as_millisecond(),
        last_login_at.map(Timestamp::as_millisecond),
        version.0.cast_signed(),
        grants(spec)?,
    ))
}

pub(crate) fn read_row(row: Row) -> Result<User> {
    let (id, username, email, role, active, hash, generation, created, last_login, version, grants) =
        row;
    let grants = grants.map(|text| read_grants(&text)).transpose()?;
    Ok(User {
        id: parse("user", &id)?,
        version: Version(version.cast_unsigned()),
        spec: UserSpec { username, email, role: parse("user", &role)?, active, grants },
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
