//! Old usage into coarser rows, by one node at a time.

use store::usage;

use crate::activator::Activator;
use crate::office::Office;
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// The lease under which it is done.
const LEASE: &str = "metrics_compactor";
/// Rows of one transaction.
const ROWS: u32 = 2_000;
/// Transactions of one activation.
const STEPS: u32 = 50;

/// Old usage into coarser rows.
pub(crate) struct ThinUsage {
    office: Office,
}

impl ThinUsage {
    pub(crate) fn new(parts: &Parts, activator: Activator) -> Self {
        let office = Office::stand(&parts.store, &parts.cluster, LEASE);
        office.wakes(activator, &parts.tracker, &parts.stop);
        Self { office }
    }
}

impl Task for ThinUsage {
    const NAME: &'static str = "thin_usage";

    async fn activate(&mut self) -> Report {
        let mut thinned = 0;
        for _ in 0..STEPS {
            let Some(mut fenced) = self.office.begin().await? else {
                return Ok(Done::new("another node's turn"));
            };
            let taken = usage::thin(&mut fenced, ROWS).await?;
            fenced.commit().await?;
            thinned += taken;
            if taken == 0 {
                break;
            }
        }
        Ok(Done::new(format!("made {thinned} rows coarser")))
    }
}
