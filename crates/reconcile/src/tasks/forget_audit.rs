//! Old entries out of the audit log, by one node at a time.

use std::time::Duration;

use model::Clock;
use store::audit;

use crate::activator::Activator;
use crate::office::{Office, ROWS};
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// The lease under which it is done.
const LEASE: &str = "audit_collector";

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
        let swept =
            self.office.sweep(|fenced| Box::pin(audit::forget(fenced, before, ROWS))).await?;
        let Some(forgotten) = swept else {
            return Ok(Done::new("another node's turn"));
        };
        Ok(Done::new(format!("forgot {forgotten} entries")))
    }
}
