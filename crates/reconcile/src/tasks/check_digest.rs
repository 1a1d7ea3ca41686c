//! Whether what requests go by is what the database has: it always should be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics::{Counter, counter};
use rotation::Roster;
use store::Store;
use store::configuration::{self, Digest};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::load_roster::MANY;
use crate::activator::Activator;
use crate::error::ReconcileError;
use crate::source::{Origin, Provenance};
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// Asks `load_roster` for all of the configuration, and not for what has changed. Clones ask the
/// same.
#[derive(Debug, Clone)]
pub(super) struct Anew {
    is_wanted: Arc<AtomicBool>,
    load_roster: Activator,
}

impl Anew {
    pub(super) fn new(load_roster: Activator) -> Self {
        Self { is_wanted: Arc::default(), load_roster }
    }

    fn ask(&self) {
        self.is_wanted.store(true, Ordering::Release);
        self.load_roster.wake();
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Acquire)
    }

    /// All of it has been loaded.
    pub(super) fn is_done(&self) {
        self.is_wanted.store(false, Ordering::Release);
    }
}

/// Whether what requests go by is what the database has. A difference is a defect of ours, or
/// somebody wrote to the database behind our back.
pub(crate) struct CheckDigest {
    store: Store,
    roster: watch::Receiver<Arc<Roster>>,
    provenance: watch::Receiver<Option<Provenance>>,
    anew: Anew,
    tracker: TaskTracker,
    mismatches: Counter,
}

impl CheckDigest {
    pub(crate) fn new(
        parts: &Parts,
        provenance: watch::Receiver<Option<Provenance>>,
        anew: Anew,
    ) -> Self {
        let mismatches = counter!("octoprox_digest_mismatches_total");
        mismatches.increment(0);
        Self {
            store: parts.store.clone(),
            roster: parts.roster.subscribe(),
            provenance,
            anew,
            tracker: parts.tracker.clone(),
            mismatches,
        }
    }

    async fn served(&self, roster: Arc<Roster>) -> Result<Digest, ReconcileError> {
        if roster.exit_count() < MANY {
            return Ok(of(&roster));
        }
        let summing = self.tracker.spawn_blocking(move || of(&roster));
        summing.await.map_err(ReconcileError::Build)
    }
}

impl Task for CheckDigest {
    const NAME: &'static str = "check_digest";

    async fn activate(&mut self) -> Report {
        let roster = Arc::clone(&self.roster.borrow());
        let origin = self.provenance.borrow().map(|known| known.origin);
        if origin != Some(Origin::Database) {
            return Ok(Done::new("nothing is served from the database yet"));
        }
        let stored = configuration::digest(&self.store).await?;
        if stored.revision != roster.revision() {
            return Ok(Done::new("the roster is not at the revision of the database right now"));
        }
        let differences = stored.differences(&self.served(roster).await?);
        if differences.is_empty() {
            return Ok(Done::new(format!("revision {} is whole", stored.revision)));
        }
        self.mismatches.increment(1);
        tracing::warn!(
            roster.revision = stored.revision.0,
            parts = ?differences,
            "the roster is not what the database has at its revision: loading all of it anew"
        );
        self.anew.ask();
        Ok(Done::new(format!("{} parts differ: loading all anew", differences.len())))
    }
}

/// The digest of what requests go by.
fn of(roster: &Roster) -> Digest {
    let mut digest = Digest { revision: roster.revision(), ..Digest::default() };
    roster.projects().for_each(|project| digest.projects.add(project.written_at));
    roster.credentials().for_each(|written_at| digest.credentials.add(written_at));
    roster.connectors().for_each(|connector| digest.connectors.add(connector.written_at));
    roster.roots().iter().for_each(|root| digest.roots.add(root.revision));
    for exit in roster.exits() {
        if let Some(written_at) = roster.written_at(exit) {
            digest.proxies.entry(exit.connector.id).or_default().add(written_at);
        }
    }
    digest
}

#[cfg(test)]
mod tests;
