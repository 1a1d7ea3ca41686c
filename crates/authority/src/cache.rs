//! Leaves already signed; concurrent askers wait for one signing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use moka::future::Cache;
use rcgen::SanType;
use rustls::sign::CertifiedKey;

use crate::error::{AuthorityError, Result};
use crate::leaf::{Signer, subject};
use crate::root::Root;

/// Leaves kept, and for how long.
const KEPT: u64 = 10_000;
const KEPT_FOR: Duration = Duration::from_mins(30);

/// Issues certificates for hosts. Cheap to clone; clones share key and leaves.
#[derive(Clone)]
pub struct Authority {
    pub(crate) signer: Arc<Signer>,
    leaves: Cache<SanType, Arc<CertifiedKey>>,
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
        let leaves = Cache::builder().max_capacity(KEPT).time_to_live(KEPT_FOR).build();
        Ok(Self { signer: Arc::new(Signer::new(root, clock)?), leaves })
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
        let subject = subject(host)?;
        let sign =
            async { self.signer.sign(std::slice::from_ref(&subject)).map(|leaf| leaf.certified) };
        self.leaves.try_get_with_by_ref(&subject, sign).await.map_err(Arc::unwrap_or_clone)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("root", self.root()).finish_non_exhaustive()
    }
}
