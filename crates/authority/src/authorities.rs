//! All roots of an installation, of which the one signs whose turn it is.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::RwLock;
use rustls::sign::CertifiedKey;

use crate::budget::Budget;
use crate::cache::{Authority, Leaves};
use crate::error::{AuthorityError, Result};
use crate::leaf::{Clock, LeafKey, Signer};
use crate::root::Root;

/// New leaves a minute for each who they are for, unless said otherwise. A page asks for some tens
/// of hosts once; so many hosts for minutes on end is somebody who wants this node to be busy.
pub const LEAVES_PER_MINUTE: u32 = 600;

/// A root as it is kept, and when its turn begins.
#[derive(Clone, Copy)]
pub struct Turn<'a> {
    /// The certificate, as PEM.
    pub certificate_pem: &'a str,
    /// Its key, unencrypted, as PEM.
    pub key_pem: &'a str,
    /// From then on it signs, until the next one does.
    pub signs_from: Timestamp,
}

/// Issues certificates for hosts, by the root whose turn it is when they are asked for. Cheap to
/// clone; clones share everything.
#[derive(Clone)]
pub struct Authorities(Arc<Inner>);

struct Inner {
    key: Arc<LeafKey>,
    clock: Clock,
    leaves: Leaves,
    budget: Budget,
    /// In the order of their turns.
    turns: RwLock<Arc<[(Timestamp, Authority)]>>,
}

// === impl Authorities ===

impl Authorities {
    /// Makes the key of all leaves. `clock` tells the time of day, by which roots take turns and
    /// from which leaves are valid; roots may come later.
    ///
    /// # Errors
    /// As [`Authorities::set_roots`], and when the machine gives no random bytes.
    pub fn new(
        roots: &[Turn<'_>],
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Self, AuthorityError> {
        Self::with_budget(roots, clock, LEAVES_PER_MINUTE)
    }

    /// The same with another budget than [`LEAVES_PER_MINUTE`].
    ///
    /// # Errors
    /// As [`Authorities::new`].
    pub fn with_budget(
        roots: &[Turn<'_>],
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        per_minute: u32,
    ) -> Result<Self, AuthorityError> {
        let authorities = Self(Arc::new(Inner {
            key: Arc::new(LeafKey::generate()?),
            clock: Arc::new(clock),
            leaves: Leaves::default(),
            budget: Budget::new(per_minute),
            turns: RwLock::new(Arc::new([])),
        }));
        authorities.set_roots(roots)?;
        Ok(authorities)
    }

    /// Puts these roots in the place of those before, in whatever order they come; of two whose
    /// turns begin together, the later in the list counts. Key, budgets and the leaves of roots
    /// that stay are kept. When it fails, everything stays as it was.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn set_roots(&self, roots: &[Turn<'_>]) -> Result<(), AuthorityError> {
        let read = |turn: &Turn<'_>| {
            let root = Root::from_pem(turn.certificate_pem, turn.key_pem)?;
            let signer = Signer::new(root, Arc::clone(&self.0.key), Arc::clone(&self.0.clock));
            Ok((turn.signs_from, Authority::sharing(signer, self.0.leaves.clone())))
        };
        let mut turns = roots.iter().map(read).collect::<Result<Vec<_>>>()?;
        turns.sort_by_key(|(signs_from, _)| *signs_from);
        *self.0.turns.write() = turns.into();
        Ok(())
    }

    /// The certificate for `host`, a DNS name or an IP address without brackets, with its key and
    /// the root behind it. A failure is not kept: the next asker tries again.
    ///
    /// # Errors
    /// When `host` is neither, or there is no root, or the one whose turn it is has expired.
    pub async fn leaf(&self, host: &str) -> Result<Arc<CertifiedKey>, AuthorityError> {
        self.signing()?.leaf(host).await
    }

    /// The same for somebody (a project, say) who may have so many new leaves signed in a minute of
    /// the clock, and any number of those that are there.
    ///
    /// # Errors
    /// As [`Authorities::leaf`], and [`AuthorityError::TooMany`].
    pub async fn leaf_for(
        &self,
        host: &str,
        who: u64,
    ) -> Result<Arc<CertifiedKey>, AuthorityError> {
        let authority = self.signing()?;
        let may = || self.0.budget.take(who, (self.0.clock)());
        loop {
            match authority.leaf_if(host, may).await {
                // Waited for the signing of somebody else, who may not have it.
                Err(AuthorityError::TooMany { who: other }) if other != who => {}
                result => return result,
            }
        }
    }

    /// The authority of the root whose turn it is: the last that has begun, or the first when none
    /// has, because somebody must.
    fn signing(&self) -> Result<Authority> {
        let turns = Arc::clone(&self.0.turns.read());
        let now = (self.0.clock)();
        let begun = turns.iter().rfind(|(signs_from, _)| *signs_from <= now);
        let found = begun.or(turns.first()).ok_or(AuthorityError::NoRoot)?;
        Ok(found.1.clone())
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorities").field("turns", &*self.0.turns.read()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Turn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("signs_from", &self.signs_from).finish_non_exhaustive()
    }
}
