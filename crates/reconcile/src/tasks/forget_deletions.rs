//! Deletions that every node has long heard of out of the database, by one node at a time.

use store::configuration;

use crate::activator::Activator;
use crate::office::{Office, ROWS};
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// The lease under which it is done.
const LEASE: &str = "tombstone_collector";

/// Deletions out of the database. Each is kept for so many revisions: a node that knows an earlier
/// one reads everything, so that nothing is lost when one is forgotten too soon.
pub(crate) struct ForgetDeletions {
    office: Office,
    keep: u64,
}

impl ForgetDeletions {
    pub(crate) fn new(parts: &Parts, activator: Activator) -> Self {
        let office = Office::stand(&parts.store, &parts.cluster, LEASE);
        office.wakes(activator, &parts.tracker, &parts.stop);
        Self { office, keep: parts.settings.deletions_kept }
    }
}

impl Task for ForgetDeletions {
    const NAME: &'static str = "forget_deletions";

    async fn activate(&mut self) -> Report {
        let keep = self.keep;
        let swept =
            self.office.sweep(|fenced| Box::pin(configuration::forget(fenced, keep, ROWS))).await?;
        let Some(forgotten) = swept else {
            return Ok(Done::new("another node's turn"));
        };
        Ok(Done::new(format!("forgot {forgotten} deletions")))
    }
}
