//! Old usage into coarser rows, by one node at a time.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::Clock;
use rotation::Roster;
use store::usage;
use tokio::sync::watch;

use crate::activator::Activator;
use crate::error::ReconcileError;
use crate::office::{Office, ROWS};
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// The lease under which it is done.
const LEASE: &str = "metrics_compactor";

/// Between two looks for usage that is too old.
const EXPIRE_EVERY: Duration = Duration::from_hours(1);

/// Old usage into coarser rows, and out.
pub(crate) struct ThinUsage {
    office: Office,
    roster: watch::Receiver<Arc<Roster>>,
    clock: Clock,
    /// When nothing was left that is too old.
    expired_at: Option<Timestamp>,
}

impl ThinUsage {
    pub(crate) fn new(parts: &Parts, activator: Activator) -> Self {
        let office = Office::stand(&parts.store, &parts.cluster, LEASE);
        office.wakes(activator, &parts.tracker, &parts.stop);
        let (roster, clock) = (parts.roster.subscribe(), parts.clock.clone());
        Self { office, roster, clock, expired_at: None }
    }

    /// Deletes what projects do not want to be kept. How many rows went; `None`: another node's turn.
    async fn expire(&mut self) -> Result<Option<u64>, ReconcileError> {
        let now = self.clock.now();
        if self.expired_at.is_some_and(|at| now < at + EXPIRE_EVERY) {
            return Ok(Some(0));
        }
        let roster = Arc::clone(&self.roster.borrow());
        let old = roster.projects().filter_map(|project| {
            let days = u64::from(project.spec.usage_retention_days?);
            Some((project.id, now - Duration::from_hours(24 * days)))
        });
        let (mut deleted, mut is_done) = (0, true);
        for (project, before) in old {
            let Some(mut fenced) = self.office.begin().await? else { return Ok(None) };
            let rows = usage::expire(&mut fenced, project, before, ROWS).await?;
            fenced.commit().await?;
            deleted += rows;
            is_done &= rows == 0;
        }
        self.expired_at = is_done.then_some(now);
        Ok(Some(deleted))
    }
}

impl Task for ThinUsage {
    const NAME: &'static str = "thin_usage";

    async fn activate(&mut self) -> Report {
        let swept = self.office.sweep(|fenced| Box::pin(usage::thin(fenced, ROWS))).await?;
        let Some(thinned) = swept else {
            return Ok(Done::new("another node's turn"));
        };
        let Some(deleted) = self.expire().await? else {
            return Ok(Done::new("another node's turn"));
        };
        Ok(Done::new(format!("made {thinned} rows coarser, deleted {deleted}")))
    }
}
