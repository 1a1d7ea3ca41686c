//! Logins: of browsers, and of tools by refresh tokens, of which each works once, and one that comes
//! back ends all that grew out of its login.

use jiff::Timestamp;
use model::UserId;
use uuid::Uuid;

use crate::arguments::arguments;
use crate::error::StoreError;
use crate::store::Store;
use crate::stored::parse;

/// What became of a refresh token that somebody showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// It was good, and the new one stands in its place.
    Fresh(UserId),
    /// Nobody has such a token, or it has expired.
    Unknown,
    /// It had been used before: one of the two who have it stole it. Their family has ended.
    Replayed(UserId),
}

/// Notes the first refresh token of a login.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn create(
    store: &Store,
    user: UserId,
    digest: [u8; 32],
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let mut transaction = store.aside().await?;
    let forget = "DELETE FROM sessions WHERE expires_at <= $1";
    transaction.execute(forget, arguments![store.clock().now()]).await?;
    let family = Uuid::now_v7().to_string();
    let arguments = arguments![digest.to_vec(), family, user, expires_at];
    transaction.execute(INSERT, arguments).await?;
    transaction.commit().await
}

const INSERT: &str = "INSERT INTO sessions (digest, family, user_id, spent, expires_at) \
     VALUES ($1, $2, $3, FALSE, $4)";

/// Spends the token `old` and puts `new` in its place.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn rotate(
    store: &Store,
    old: [u8; 32],
    new: [u8; 32],
    expires_at: Timestamp,
) -> Result<Rotated, StoreError> {
    let mut transaction = store.aside().await?;
    let select = "SELECT family, user_id, spent FROM sessions \
         WHERE digest = $1 AND expires_at > $2";
    let arguments = arguments![old.to_vec(), store.clock().now()];
    let found = transaction.fetch::<(String, String, bool)>(select, arguments).await?;
    let Some((family, user, is_spent)) = found.into_iter().next() else {
        return Ok(Rotated::Unknown);
    };
    let user: UserId = parse("session", &user)?;
    let mark = "UPDATE sessions SET spent = TRUE WHERE digest = $1 AND spent = FALSE";
    // Of two who show the same token at once, one finds it spent.
    if is_spent || transaction.execute(mark, arguments![old.to_vec()]).await? == 0 {
        transaction.execute(END_FAMILY, arguments![family]).await?;
        transaction.commit().await?;
        return Ok(Rotated::Replayed(user));
    }
    let arguments = arguments![new.to_vec(), family, user, expires_at];
    transaction.execute(INSERT, arguments).await?;
    transaction.commit().await?;
    Ok(Rotated::Fresh(user))
}

const END_FAMILY: &str = "DELETE FROM sessions WHERE family = $1";

/// Whose login the token with this digest came from; `None`: nobody's, or it is over or spent.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(store: &Store, digest: [u8; 32]) -> Result<Option<UserId>, StoreError> {
    let select = "SELECT user_id FROM sessions \
         WHERE digest = $1 AND spent = FALSE AND expires_at > $2";
    let arguments = arguments![digest.to_vec(), store.clock().now()];
    let found = store.fetch::<(String,)>(select, arguments).await?.into_iter().next();
    found.map(|(user,)| parse("session", &user)).transpose()
}

/// Ends the login that the token with this digest came from.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn end(store: &Store, digest: [u8; 32]) -> Result<(), StoreError> {
    let mut transaction = store.aside().await?;
    let select = "SELECT family FROM sessions WHERE digest = $1";
    let found = transaction.fetch::<(String,)>(select, arguments![digest.to_vec()]).await?;
    if let Some((family,)) = found.into_iter().next() {
        transaction.execute(END_FAMILY, arguments![family]).await?;
    }
    transaction.commit().await
}
