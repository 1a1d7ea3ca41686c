//! Invitations: one-time tokens with which a user sets their first password.

use jiff::Timestamp;
use model::UserId;

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::stored::parse;

/// Invites a user; an earlier invitation of theirs is void.
///
/// # Errors
/// [`StoreError::NotFound`] of the user.
pub async fn create(
    change: &mut Change,
    user: UserId,
    digest: [u8; 32],
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO invites (user_id, digest, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id) DO UPDATE SET digest = excluded.digest, \
         expires_at = excluded.expires_at";
    change.execute(insert, arguments![user, digest.to_vec(), expires_at]).await.map(|_rows| ())
}

/// Takes the invitation with this digest away, and says whose it was; `None` when there is none
/// that is still good.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn redeem(change: &mut Change, digest: [u8; 32]) -> Result<Option<UserId>, StoreError> {
    let delete = "DELETE FROM invites WHERE digest = $1 AND expires_at > $2 RETURNING user_id";
    let now = change.now();
    let found = change.fetch::<(String,)>(delete, arguments![digest.to_vec(), now]).await?;
    found.first().map(|(user,)| parse("invite", user)).transpose()
}
