//! Old entries out of the audit log, by one node at a time.

use std::time::Duration;

use model::Clock;
use store::audit;

use crate::activator::Activator;
use crate::office::Office;
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// The lease under which it is done.
const LEASE: &str = "audit_collector";
/// Rows of one transaction.
const ROWS: u32 = 2_000;
/// Transactions of one activation.
const STEPS: u32 = 50;

/// Old entries out of the audit log.
pub(crate) struct ForgetAudit {
    office: Office,
    clock: Clock,
    keep: Duration,
}

impl ForgetAudit {
    pub(crate) fn new(parts: &Parts, activator: Activator) -> Self {
        let office = Office::stand(&parts.store, &parts.cluster, LEASE);
        office.wakes(activator, &parts.tracker, &parts.stop);
        Self { office, clock: parts.clock.clone(), keep: parts.settings.audit_kept }
    }
}

impl Task for ForgetAudit {
    const NAME: &'static str = "forget_audit";

    async fn activate(&mut self) -> Report {
        let before = self.clock.now() - self.keep;
        let mut forgotten = 0;
        for _ in 0..STEPS {
            let Some(mut fenced) = self.office.begin().await? else {
                return Ok(Done::new("another node's turn"));
            };
            let rows = audit::forget(&mut fenced, before, ROWS).await?;
            fenced.commit().await?;
            forgotten += rows;
            if rows == 0 {
                break;
            }
        }
        Ok(Done::new(format!("forgot {forgotten} entries")))
    }
}
