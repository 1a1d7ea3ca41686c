//! `Cluster`: the only way in, whatever connects the nodes.

use std::sync::Arc;

use model::Revision;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::Link;
use crate::error::Result;
use crate::lease::{self, Lease, LeaseView};
use crate::members::{Load, Member};
use crate::notices::Notice;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::solo::Solo;

/// What connects this node with its peers. Clones are the same connection.
#[derive(Debug, Clone)]
pub struct Cluster(Home);

#[derive(Debug, Clone)]
enum Home {
    Solo(Arc<Solo>),
    Shared(Arc<Shared>),
}

impl Cluster {
    /// A cluster of this node alone.
    #[must_use]
    pub fn solo(me: Member) -> Self {
        Self(Home::Solo(Arc::new(Solo::new(me))))
    }

    /// A cluster of all nodes that meet in the same Redis. Never waits for it: a connection is made
    /// in the background, and again whenever it breaks, by tasks on `tracker` that end with `stop`.
    ///
    /// # Errors
    /// When the settings cannot be right; never because Redis is away.
    pub fn redis(
        settings: &Settings,
        me: Member,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self> {
        Shared::start(settings, me, tracker, stop).map(|shared| Self(Home::Shared(shared)))
    }

    /// Tells every node, this one included, that something changed. A hint: it may get lost, and
    /// nobody learns of that.
    pub async fn notify(&self, notice: Notice) {
        match &self.0 {
            Home::Solo(solo) => solo.notify(notice),
            Home::Shared(shared) => shared.notify(notice).await,
        }
    }

    /// What nodes tell from now on. A receiver that has [lagged](broadcast::error::RecvError) is to
    /// take that for a notice that [anything](crate::Signal::AnythingChanged) changed.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        match &self.0 {
            Home::Solo(solo) => solo.notices(),
            Home::Shared(shared) => shared.notices(),
        }
    }

    /// Tells every node which configuration this one has loaded. That it is alive they are told
    /// anyway.
    #[expect(clippy::unused_async, reason = "callers need not know that a task does the telling")]
    pub async fn announce(&self, revision: Revision) {
        match &self.0 {
            Home::Solo(solo) => solo.announce(revision),
            Home::Shared(shared) => shared.presence.announce(revision),
        }
    }

    /// Tells every node with the next heartbeat how busy this one is.
    pub fn report(&self, load: Load) {
        match &self.0 {
            Home::Solo(solo) => solo.report(load),
            Home::Shared(shared) => shared.presence.report(load),
        }
    }

    /// Who is alive by name, as it changes; this node is always among them. While Redis is away, who
    /// was alive before. Receivers see every [`Load`] but are not woken by it.
    #[must_use]
    pub fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        match &self.0 {
            Home::Solo(solo) => solo.members(),
            Home::Shared(shared) => shared.presence.members(),
        }
    }

    /// Whether this node is connected with its peers, as it changes.
    #[must_use]
    pub fn link(&self) -> watch::Receiver<Link> {
        match &self.0 {
            Home::Solo(solo) => solo.link(),
            Home::Shared(shared) => shared.link(),
        }
    }

    /// Stands for the right to do what `name` says, for as long as the lease is not dropped.
    #[must_use]
    pub fn stand(&self, name: impl Into<String>) -> Lease {
        match &self.0 {
            Home::Solo(solo) => solo.stand(name.into()),
            Home::Shared(shared) => shared.stand(name.into()),
        }
    }

    /// Every lease that some node has now, by name.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn leases(&self) -> Result<Vec<LeaseView>> {
        match &self.0 {
            Home::Solo(solo) => Ok(solo.leases()),
            Home::Shared(shared) => lease::list(&shared.connection).await,
        }
    }

    /// Gives every lease back and tells peers that this node goes; waits a second or so for Redis,
    /// and no longer. It takes no part from then on.
    pub async fn leave(&self) {
        match &self.0 {
            Home::Solo(_) => {}
            Home::Shared(shared) => shared.leave().await,
        }
    }

    /// The name of this node.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        match &self.0 {
            Home::Solo(solo) => solo.id(),
            Home::Shared(shared) => shared.id(),
        }
    }
}

#[cfg(test)]
mod tests;
