//! `Cluster`: the only way in, whatever connects the nodes.

use std::sync::Arc;

use model::Revision;
use tokio::sync::{broadcast, watch};

use crate::lease::Lease;
use crate::member::Member;
use crate::notice::Notice;
use crate::solo::Solo;

/// What connects this node with its peers. Clones are the same connection.
#[derive(Debug, Clone)]
pub struct Cluster(Home);

#[derive(Debug, Clone)]
enum Home {
    Solo(Arc<Solo>),
}

impl Cluster {
    /// A cluster of this node alone.
    #[must_use]
    pub fn solo(me: Member) -> Self {
        Self(Home::Solo(Arc::new(Solo::new(me))))
    }

    /// Tells every node, this one included, that something changed. A hint: it may get lost, and
    /// nobody learns of that.
    #[expect(clippy::unused_async, reason = "only a node that is alone need not wait for this")]
    pub async fn notify(&self, notice: Notice) {
        match &self.0 {
            Home::Solo(solo) => solo.notify(notice),
        }
    }

    /// What nodes tell from now on. A receiver that has [lagged](broadcast::error::RecvError) is to
    /// take that for a notice.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        match &self.0 {
            Home::Solo(solo) => solo.notices(),
        }
    }

    /// Tells every node that this one is alive, and which configuration it has loaded.
    #[expect(clippy::unused_async, reason = "only a node that is alone need not wait for this")]
    pub async fn announce(&self, revision: Revision) {
        match &self.0 {
            Home::Solo(solo) => solo.announce(revision),
        }
    }

    /// Who is alive, as it changes; this node is always among them.
    #[must_use]
    pub fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        match &self.0 {
            Home::Solo(solo) => solo.members(),
        }
    }

    /// Stands for the right to do what `name` says, for as long as the lease is not dropped.
    #[must_use]
    pub fn lease(&self, name: &str) -> Lease {
        match &self.0 {
            Home::Solo(_) => Lease::alone(name),
        }
    }

    /// The name of this node.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        match &self.0 {
            Home::Solo(solo) => solo.id(),
        }
    }
}

#[cfg(test)]
mod tests;
