//! Finished exchanges on their way to the counters, shown to whoever wants to see them.

use cluster::Cluster;
use journal::Journal;
use model::{Clock, Exchange};
use tokio::sync::mpsc;

use crate::assemble::Control;
use crate::settings::Settings;

/// Batches that may wait for the counters, which empty their end at once.
const BATCHES: usize = 16;

/// A journal of what comes in; all of it comes out again.
pub(crate) fn show(
    settings: &Settings,
    (cluster, clock): (&Cluster, &Clock),
    mut finished: mpsc::Receiver<Vec<Exchange>>,
    control: &Control,
) -> (Journal, mpsc::Receiver<Vec<Exchange>>) {
    let bytes = usize::try_from(settings.request_log_size).unwrap_or(usize::MAX);
    let parts = (cluster.clone(), clock.clone());
    // Peers may ask as long as this node takes part.
    let journal = Journal::start(bytes, parts, &control.cluster, &control.cluster_stop);
    let (counted, out) = mpsc::channel(BATCHES);
    let shown = journal.clone();
    control.tracker.spawn(async move {
        // Ends when nobody is left who could send any, and with it the counters learn of that.
        while let Some(batch) = finished.recv().await {
            shown.add(&batch);
            if counted.send(batch).await.is_err() {
                return;
            }
        }
    });
    (journal, out)
}
