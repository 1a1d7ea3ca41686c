//! The setup link: how the first administrator of an empty installation comes in.

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// Bytes for a setup token: the same on every node, and those of this installation alone. They are
/// derived from the secret key and what that was first used for.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn setup_secret(store: &Store) -> Result<[u8; 32], StoreError> {
    let select = "SELECT key_check FROM installation";
    let rows = store.fetch::<(Option<Vec<u8>>,)>(select, vec![]).await?;
    let sealed = rows.into_iter().next().and_then(|(sealed,)| sealed).unwrap_or_default();
    Ok(store.vault().derive(&format!("setup link {sealed:x?}")))
}

/// Puts a setup token in place, unless there is a user already. True: it counts now, and any
/// other one is void.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn offer_setup(store: &Store, digest: [u8; 32]) -> Result<bool, StoreError> {
    let mut transaction = store.aside().await?;
    let update = "UPDATE installation SET setup_digest = $1 \
         WHERE NOT EXISTS (SELECT 1 FROM users)";
    let written = transaction.execute(update, arguments![digest.to_vec()]).await?;
    transaction.commit().await?;
    Ok(written > 0)
}

/// Takes the setup token away. True: it was the right one, and there is no user yet.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn redeem_setup(change: &mut Change, digest: [u8; 32]) -> Result<bool, StoreError> {
    let update = "UPDATE installation SET setup_digest = NULL \
         WHERE setup_digest = $1 AND NOT EXISTS (SELECT 1 FROM users)";
    Ok(change.execute(update, arguments![digest.to_vec()]).await? > 0)
}
