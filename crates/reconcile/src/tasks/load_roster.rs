//! Store to roster: the one way in which configuration reaches requests.

use std::cmp::Ordering;
use std::sync::Arc;

use cluster::Cluster;
use metrics::{Gauge, gauge};
use model::{Configuration, Revision};
use rotation::{Ledger, Roster};
use store::{Store, configuration};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::error::ReconcileError;
use crate::homes::Homes;
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// Exits from which on drawing a roster may take longer than other tasks of the thread should wait.
const MANY: usize = 2_000;

/// Store to roster.
pub(crate) struct LoadRoster {
    store: Store,
    cluster: Cluster,
    roster: watch::Sender<Arc<Roster>>,
    ledger: Arc<Ledger>,
    homes: Arc<Homes>,
    loaded: watch::Sender<bool>,
    tracker: TaskTracker,
    revision: Gauge,
    exits: Gauge,
}

impl LoadRoster {
    pub(crate) fn new(parts: &Parts, loaded: watch::Sender<bool>, homes: Arc<Homes>) -> Self {
        Self {
            store: parts.store.clone(),
            cluster: parts.cluster.clone(),
            roster: parts.roster.clone(),
            ledger: Arc::clone(&parts.ledger),
            homes,
            loaded,
            tracker: parts.tracker.clone(),
            revision: gauge!("octoprox_roster_revision"),
            exits: gauge!("octoprox_roster_exits"),
        }
    }

    /// What the next roster is a change of; nothing to do when the database has no other revision.
    async fn since(&self, current: Revision) -> Result<Option<Option<Revision>>, ReconcileError> {
        if !*self.loaded.borrow() {
            return Ok(Some(None));
        }
        Ok(match self.store.revision().await?.cmp(&current) {
            Ordering::Equal => None,
            Ordering::Greater => Some(Some(current)),
            // An older state of the database has been restored: changes lead nowhere.
            Ordering::Less => Some(None),
        })
    }

    async fn build(
        &self,
        configuration: Configuration,
        previous: Arc<Roster>,
    ) -> Result<Roster, ReconcileError> {
        let touched = configuration.proxies.len() + previous.exit_count();
        let ledger = Arc::clone(&self.ledger);
        let build = move || Roster::build(configuration, &previous, &ledger, Instant::now());
        if touched < MANY {
            return Ok(build());
        }
        self.tracker.spawn_blocking(build).await.map_err(ReconcileError::Build)
    }
}

impl Task for LoadRoster {
    const NAME: &'static str = "load_roster";

    async fn activate(&mut self) -> Report {
        let previous = Arc::clone(&self.roster.borrow());
        let Some(since) = self.since(previous.revision()).await? else {
            return Ok(Done::new(format!("revision {} is the latest", previous.revision())));
        };
        let configuration = configuration::load(&self.store, since).await?;
        // Before any request can go through them.
        self.homes.learn(&configuration.connectors);
        let next = Arc::new(self.build(configuration, previous).await?);
        let (revision, exits) = (next.revision(), next.exit_count());
        self.revision.set(precise(revision.0));
        self.exits.set(precise(exits as u64));
        self.roster.send_replace(next);
        self.loaded.send_replace(true);
        self.cluster.announce(revision).await;
        let how = if since.is_some() { "changes" } else { "all" };
        tracing::debug!(roster.revision = revision.0, roster.exits = exits, "loaded {how}");
        Ok(Done::new(format!("loaded {how} of revision {revision}: {exits} exits")))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge of more than 2^53 is nobody's concern")]
fn precise(number: u64) -> f64 {
    number as f64
}
