//! How the first administrator of an installation comes to be, before anybody can log in.

use model::Secret;
use model::user::{Role, UserSpec};
use store::{Store, StoreError, installation, users};

use crate::{passwords, tokens};

/// Creates the administrator that the settings name, if there is no user yet. True: it did.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn administrator(
    store: &Store,
    username: &str,
    password: &Secret,
) -> Result<bool, StoreError> {
    if users::count(store).await? > 0 {
        return Ok(false);
    }
    let hashed = passwords::phc(password.expose());
    let hash = hashed.map_err(|error| StoreError::Unusable(error.to_string()))?;
    let username = username.to_owned();
    let spec = UserSpec { username, email: String::new(), role: Role::Admin, active: true };
    let mut change = store.change().await?;
    match users::create(&mut change, spec, Some(hash)).await {
        Ok(_user) => change.commit().await.map(|_revision| true),
        // Another node was faster.
        Err(StoreError::Duplicate { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The link under which the first administrator can be created, good once; `None` when there is a
/// user already.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn setup_link(store: &Store, public_url: &str) -> Result<Option<String>, StoreError> {
    let (token, digest) =
        tokens::random().map_err(|problem| StoreError::Unusable(problem.detail))?;
    let offered = installation::offer_setup(store, digest).await?;
    Ok(offered.then(|| format!("{public_url}/setup#{token}")))
}
