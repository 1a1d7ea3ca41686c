//! Source to roster: the one way in which configuration reaches requests.

use std::sync::Arc;
use std::time::Duration;

use cluster::Cluster;
use jiff::Timestamp;
use metrics::{Gauge, gauge};
use model::{Clock, Configuration};
use parking_lot::Mutex;
use rotation::{Ledger, Roster};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::check_digest::Anew;
use crate::copy::{Copy, Found};
use crate::error::{CopyError, ReconcileError, chain};
use crate::homes::Homes;
use crate::source::{Origin, Provenance, Source, Wanted};
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// Exits from which on drawing a roster may take longer than other tasks of the thread should wait.
pub(super) const MANY: usize = 2_000;
/// Between two questions to somebody who takes his time to answer, so that one who does not is not
/// asked without end.
const PAUSE: Duration = Duration::from_millis(50);

/// Source to roster.
pub(crate) struct LoadRoster {
    source: Source,
    cluster: Cluster,
    clock: Clock,
    roster: watch::Sender<Arc<Roster>>,
    ledger: Arc<Ledger>,
    homes: Arc<Homes>,
    provenance: watch::Sender<Option<Provenance>>,
    copy: Option<Arc<Mutex<Copy>>>,
    anew: Anew,
    /// Whether the latest question was answered. If not, one more is asked that is answered at
    /// once, so that people see soon that all is well again.
    is_answered: bool,
    tracker: TaskTracker,
    revision: Gauge,
    exits: Gauge,
    confirmed: Gauge,
}

impl LoadRoster {
    pub(crate) fn new(
        parts: &Parts,
        provenance: watch::Sender<Option<Provenance>>,
        homes: Arc<Homes>,
        anew: Anew,
    ) -> Self {
        let vault = parts.store.vault();
        let copy = |path: &std::path::PathBuf| Copy::new(path.clone(), vault.clone());
        Self {
            source: Source::of(parts),
            cluster: parts.cluster.clone(),
            clock: parts.clock.clone(),
            roster: parts.roster.clone(),
            ledger: Arc::clone(&parts.ledger),
            homes,
            provenance,
            copy: parts.settings.copy.as_ref().map(|path| Arc::new(Mutex::new(copy(path)))),
            anew,
            is_answered: false,
            tracker: parts.tracker.clone(),
            revision: gauge!("octoprox_roster_revision"),
            exits: gauge!("octoprox_roster_exits"),
            confirmed: gauge!("octoprox_roster_confirmed_timestamp_seconds"),
        }
    }

    /// What to ask for. Changes are applied only to what came from where they come from: a copy may
    /// be of a state that the database has never had, or has no more.
    fn wanted(&self) -> Wanted {
        let provenance = *self.provenance.borrow();
        let is_live = provenance.is_some_and(|known| known.origin != Origin::Copy);
        let is_usable = is_live && !self.anew.is_wanted();
        let known = is_usable.then(|| self.roster.borrow().revision());
        let all = self.copy.as_ref().is_some_and(|copy| copy.lock().wants_all());
        Wanted { known, all, waits: self.is_answered }
    }

    fn confirm(&self, origin: Origin, confirmed_at: Timestamp) {
        self.confirmed.set(precise(confirmed_at.as_second().unsigned_abs()));
        self.provenance.send_replace(Some(Provenance { origin, confirmed_at }));
    }

    /// The roster after `configuration`.
    async fn draw(
        &self,
        configuration: Configuration,
        previous: Arc<Roster>,
    ) -> Result<Arc<Roster>, ReconcileError> {
        // Before any request can go through them.
        self.homes.learn(&configuration.connectors);
        self.build(configuration, previous).await.map(Arc::new)
    }

    fn put_in_force(&self, next: &Arc<Roster>) {
        self.revision.set(precise(next.revision().0));
        self.exits.set(precise(next.exit_count() as u64));
        self.roster.send_replace(Arc::clone(next)).revoke(next);
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

    /// Keeps a configuration on the disk, and hands it back. That it cannot be kept is no reason
    /// not to use it.
    async fn keep(&self, configuration: Configuration) -> Result<Configuration, ReconcileError> {
        let Some(copy) = self.copy.clone() else { return Ok(configuration) };
        let keeping = self.tracker.spawn_blocking(move || {
            let kept = copy.lock().keep(&configuration);
            (configuration, kept)
        });
        let (configuration, kept) = keeping.await.map_err(ReconcileError::Build)?;
        match kept {
            // The next change brings all of it along.
            Ok(()) | Err(CopyError::Behind) => {}
            Err(error) => tracing::warn!(error = chain(&error), "the roster was not kept on disk"),
        }
        Ok(configuration)
    }

    /// Nobody tells what is right now: goes on with what was, if there is a copy of it.
    async fn start_from_copy(&self) -> Result<(), ReconcileError> {
        let Some(copy) = self.copy.clone() else { return Ok(()) };
        let reading = self.tracker.spawn_blocking(move || copy.lock().read());
        match reading.await.map_err(ReconcileError::Build)? {
            Ok(Some(Found { parts, written_at })) => {
                let mut next = Arc::new(Roster::empty());
                for part in parts {
                    next = self.draw(part, next).await?;
                }
                // Not one part after the other: the first may have passwords that are void.
                self.put_in_force(&next);
                self.confirm(Origin::Copy, written_at);
                tracing::warn!(
                    roster.written_at = %written_at,
                    "nobody tells the configuration: started from the copy on disk"
                );
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error = chain(&error), "the copy of the roster cannot be used");
            }
        }
        Ok(())
    }

    fn done(&self, text: String) -> Done {
        let done = Done::new(text);
        if self.source.waits_for_news() { done.again_in(PAUSE) } else { done }
    }
}

impl Task for LoadRoster {
    const NAME: &'static str = "load_roster";

    async fn activate(&mut self) -> Report {
        let newer = self.source.newer(self.wanted()).await;
        self.is_answered = newer.is_ok();
        if newer.is_err() && self.provenance.borrow().is_none() {
            self.start_from_copy().await?;
        }
        let previous = Arc::clone(&self.roster.borrow());
        let Some(configuration) = newer? else {
            self.confirm(self.source.origin(), self.clock.now());
            return Ok(self.done(format!("revision {} is the latest", previous.revision())));
        };
        let is_full = configuration.since.is_none();
        let how = if is_full { "all" } else { "changes" };
        let configuration = self.keep(configuration).await?;
        let next = self.draw(configuration, previous).await?;
        let (revision, exits) = (next.revision(), next.exit_count());
        self.put_in_force(&next);
        if is_full {
            self.anew.is_done();
        }
        self.confirm(self.source.origin(), self.clock.now());
        self.cluster.announce(revision).await;
        tracing::debug!(roster.revision = revision.0, roster.exits = exits, "loaded {how}");
        Ok(self.done(format!("loaded {how} of revision {revision}: {exits} exits")))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge of more than 2^53 is nobody's concern")]
fn precise(number: u64) -> f64 {
    number as f64
}
