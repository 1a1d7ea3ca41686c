//! What requests inside of an intercepted tunnel have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::target::{Host, Target};
use model::{ProjectId, ProxyId};
use parking_lot::Mutex;
use rotation::Wish;

use super::hello::Hello;
use crate::admit::Admitted;

/// Told apart so that a choice can be made once for each of them.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// An intercepted tunnel.
pub(crate) struct Inside {
    /// Where the client wanted the tunnel to go.
    pub(crate) target: Target,
    /// Whom the client believes to talk to: what it named in TLS, where it wanted an address.
    pub(crate) name: Host,
    pub(crate) project: ProjectId,
    /// What it wished for with the tunnel; requests may wish for more.
    pub(crate) wish: Arc<Wish>,
    /// The exit of the latest request, for clients that rotate with their connections.
    pub(crate) pinned: Mutex<Option<ProxyId>>,
    /// How the client introduced itself.
    pub(crate) hello: Hello,
    pub(crate) number: u64,
}

impl Inside {
    /// `None` when the client names somebody else in TLS than it wanted the tunnel to.
    pub(super) fn new(admitted: Admitted, target: Target, hello: Hello) -> Option<Self> {
        let name = match (&target.host, &hello.name) {
            (host, None) => host.clone(),
            (Host::Ip(_), Some(name)) => name.clone(),
            (host, Some(name)) if host == name => name.clone(),
            _ => return None,
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (project, pinned) = (admitted.project.id, Mutex::new(None));
        Some(Self { target, name, project, wish: admitted.wish, pinned, hello, number })
    }

    /// Whether `named` is who the tunnel goes to.
    pub(crate) fn is_for(&self, named: &Target) -> bool {
        named.port == self.target.port
            && (named.host == self.name || named.host == self.target.host)
    }
}
