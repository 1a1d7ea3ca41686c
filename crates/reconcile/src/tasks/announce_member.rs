//! Says at which revision this node is, and how busy.

use std::sync::Arc;

use cluster::{Cluster, Link, Load};
use metrics::{Gauge, gauge};
use rotation::{Ledger, Roster};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// Says at which revision this node is, and how busy.
pub(crate) struct AnnounceMember {
    cluster: Cluster,
    roster: watch::Receiver<Arc<Roster>>,
    ledger: Arc<Ledger>,
    /// How many requests had ended when it was last looked, and when that was.
    looked: (u64, Instant),
    members: Gauge,
    connected: Gauge,
}

impl AnnounceMember {
    pub(crate) fn new(parts: &Parts) -> Self {
        Self {
            cluster: parts.cluster.clone(),
            roster: parts.roster.subscribe(),
            ledger: Arc::clone(&parts.ledger),
            looked: (0, Instant::now()),
            members: gauge!("octoprox_cluster_members"),
            connected: gauge!("octoprox_cluster_connected"),
        }
    }

    fn load(&mut self) -> Load {
        let (before, since) = self.looked;
        let ended = self.ledger.ended();
        self.looked = (ended, Instant::now());
        let millis = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = ended.saturating_sub(before).saturating_mul(1000) / millis;
        Load {
            in_flight: self.ledger.in_flight(),
            requests_per_second: u32::try_from(rate).unwrap_or(u32::MAX),
            ..Load::default()
        }
    }
}

impl Task for AnnounceMember {
    const NAME: &'static str = "announce_member";

    async fn activate(&mut self) -> Report {
        let revision = self.roster.borrow().revision();
        self.cluster.announce(revision).await;
        let load = self.load();
        self.cluster.report(load);
        let members = self.cluster.members().borrow().len();
        let is_away = matches!(*self.cluster.link().borrow(), Link::Away { .. });
        self.connected.set(if is_away { 0.0 } else { 1.0 });
        self.members.set(u32::try_from(members).unwrap_or(u32::MAX));
        let how = if is_away { "; Redis is away, so these are the last known" } else { "" };
        Ok(Done::new(format!("one of {members}, at revision {revision}{how}")))
    }
}
