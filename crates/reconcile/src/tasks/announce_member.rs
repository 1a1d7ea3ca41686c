//! Says that this node is alive, and at which revision.

use std::sync::Arc;

use cluster::Cluster;
use rotation::Roster;
use tokio::sync::watch;

use crate::task::{Done, Report, Task};

/// Says that this node is alive, and at which revision.
pub(crate) struct AnnounceMember {
    cluster: Cluster,
    roster: watch::Receiver<Arc<Roster>>,
}

impl AnnounceMember {
    pub(crate) fn new(cluster: Cluster, roster: watch::Receiver<Arc<Roster>>) -> Self {
        Self { cluster, roster }
    }
}

impl Task for AnnounceMember {
    const NAME: &'static str = "announce_member";

    async fn activate(&mut self) -> Report {
        let revision = self.roster.borrow().revision();
        self.cluster.announce(revision).await;
        let members = self.cluster.members().borrow().len();
        Ok(Done::new(format!("one of {members}, at revision {revision}")))
    }
}
