//! Leaves already signed; concurrent askers wait for one signing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use moka::future::Cache;
use rcgen::SanType;
use rustls::sign::CertifiedKey;

use crate::error::{AuthorityError, Result};
use crate::leaf::{LeafKey, Signer, subject};
use crate::root::Root;

/// Leaves kept, and for how long.
const KEPT: u64 = 10_000;
const KEPT_FOR: Duration = Duration::from_mins(30);

/// Leaves of all roots, each under the fingerprint of its root. Clones share them.
#[derive(Clone)]
pub(crate) struct Leaves(Cache<([u8; 32], SanType), Arc<CertifiedKey>>);

/// Issues certificates for hosts. Cheap to clone; clones share key and leaves.
#[derive(Clone)]
pub struct Authority {
    pub(crate) signer: Arc<Signer>,
    leaves: Leaves,
}

// === impl Leaves ===

impl Default for Leaves {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(KEPT).time_to_live(KEPT_FOR).build())
    }
}

// === impl Authority ===

impl Authority {
    /// Makes the key of all leaves. `clock` tells the time of day from which they are valid.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn new(
        root: Root,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Self, AuthorityError> {
        let signer = Signer::new(root, Arc::new(LeafKey::generate()?), Arc::new(clock));
        Ok(Self::sharing(signer, Leaves::default()))
    }

    pub(crate) fn sharing(signer: Signer, leaves: Leaves) -> Self {
        Self { signer: Arc::new(signer), leaves }
    }

    /// The root that clients have to trust.
    #[must_use]
    pub fn root(&self) -> &Root {
        self.signer.root()
    }

    /// The certificate for `host`, a DNS name or an IP address without brackets, with its key and
    /// the root behind it. A failure is not kept: the next asker tries again.
    ///
    /// # Errors
    /// When `host` is neither, or the root has expired.
    pub async fn leaf(&self, host: &str) -> Result<Arc<CertifiedKey>, AuthorityError> {
        self.leaf_if(host, || Ok(())).await
    }

    /// The same, if `may` says so in case it is not there. Of concurrent askers one is asked, and
    /// all of them are answered what it said.
    pub(crate) async fn leaf_if(
        &self,
        host: &str,
        may: impl Fn() -> Result<()>,
    ) -> Result<Arc<CertifiedKey>> {
        let key = (*self.root().digest(), subject(host)?);
        let sign = async {
            may()?;
            self.signer.sign(std::slice::from_ref(&key.1)).map(|leaf| leaf.certified)
        };
        self.leaves.0.try_get_with_by_ref(&key, sign).await.map_err(Arc::unwrap_or_clone)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("root", self.root()).finish_non_exhaustive()
    }
}
