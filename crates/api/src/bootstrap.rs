//! How the first administrator and the first root of an installation come to be, before anybody can
//! log in.

use authority::Root;
use model::user::{Role, UserSpec};
use model::{RootCertificate, Secret};
use store::{Store, StoreError, installation, roots, users};

use crate::{certificates, passwords, tokens};

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
    let (email, role) = (String::new(), Role::Admin);
    let spec = UserSpec { username, email, role, active: true, grants: None };
    let mut change = store.change().await?;
    match users::create(&mut change, spec, Some(hash)).await {
        Ok(user) => {
            change.about("user", "added", Some(user.id.to_string()));
            change.commit().await.map(|_revision| true)
        }
        // Another node was faster.
        Err(StoreError::Duplicate { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The link under which the first administrator can be created, good once; `None` when there is a
/// user already. It is the same on every node and at every start: whichever of them somebody reads,
/// it works.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn setup_link(store: &Store, public_url: &str) -> Result<Option<String>, StoreError> {
    let (token, digest) = tokens::made_of(&installation::setup_secret(store).await?);
    let offered = installation::offer_setup(store, digest).await?;
    Ok(offered.then(|| format!("{public_url}/setup#{token}")))
}

/// Adds the operator's `own` root, unless it is known, to sign from now on; without one, makes the
/// first root up, unless there is any. However many nodes do so at once, one of them does. Returns
/// the fingerprint of what was added.
///
/// # Errors
/// [`StoreError::Unavailable`]; [`StoreError::Invalid`] when there are too many roots for one more.
pub async fn root(store: &Store, own: Option<&Root>) -> Result<Option<String>, StoreError> {
    let now = store.clock().now();
    let failed = |error| StoreError::Unusable(format!("no root: {error}"));
    let Some(own) = own else {
        let made = Root::named_by_date(now).and_then(|root| certificates::stored(&root, now));
        let made = made.map_err(failed)?;
        let fingerprint = made.fingerprint.clone();
        return Ok(roots::add_first(store, made).await?.then_some(fingerprint));
    };
    let own = certificates::stored(own, now).map_err(failed)?;
    let known = roots::list(store).await?;
    if known.iter().any(|root| root.fingerprint == own.fingerprint) {
        return Ok(None);
    }
    add_own(store, own).await
}

async fn add_own(store: &Store, own: RootCertificate) -> Result<Option<String>, StoreError> {
    let mut change = store.change().await?;
    match roots::add(&mut change, own).await {
        Ok(added) => {
            change.about("root", "added", Some(added.fingerprint.clone()));
            change.commit().await.map(|_revision| Some(added.fingerprint))
        }
        // Another node was faster.
        Err(StoreError::Duplicate { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
