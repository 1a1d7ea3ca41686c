//! The root of interception: the operator's own, or one that is made up at the first start.

use std::io::Read as _;

use anyhow::Context;
use authority::Root;
use store::{Store, StoreError};
use zeroize::Zeroizing;

use crate::settings::{CaFiles, open_for_owner};

/// Reads the operator's own root. What is wrong with it ends the start.
pub(crate) fn own(files: &CaFiles) -> anyhow::Result<Root> {
    let CaFiles { certificate, key } = files;
    let named = || format!("cannot read {}", certificate.display());
    let pem = std::fs::read_to_string(certificate).with_context(named)?;
    let mut file = open_for_owner(key)?;
    let mut secret = Zeroizing::new(String::new());
    let named = || format!("cannot read {}", key.display());
    // One piece, so that no copy is left behind while it grows.
    secret.reserve_exact(usize::try_from(file.metadata().with_context(named)?.len())? + 1);
    file.read_to_string(&mut secret).with_context(named)?;
    Root::from_pem(&pem, &secret).with_context(|| {
        format!("{} and {} are no root of interception", certificate.display(), key.display())
    })
}

/// Makes sure that the installation has a root, and that the operator's own has begun to sign.
pub(crate) async fn ensure(store: &Store, own: Option<&Root>) -> Result<(), StoreError> {
    let added = api::bootstrap::root(store, own).await?;
    if let Some(fingerprint) = added {
        tracing::info!(root = fingerprint, is_own = own.is_some(), "added a root of interception");
    }
    Ok(())
}
