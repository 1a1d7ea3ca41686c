//! Signals, drain, grace, and the end.

use std::time::Duration;

use cluster::Cluster;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::assemble::{Control, Node};
use crate::data_plane::DataPlane;
use crate::settings::Drain;

/// For what is cut to be gone, and for the last usage to be written.
const GRACE: Duration = Duration::from_secs(10);

/// The signals that ask a process to end.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Serves until asked to end, then ends in order: not ready, but still accepting while balancers
/// notice; no new clients; those that are there to their end, or to the end of patience; usage;
/// the API last, because it answers who asks how far it is. A second signal skips the waiting.
///
/// When another node has taken the place of this one, nothing is said to balancers: clients go to
/// the other one from that moment on.
pub(crate) async fn run(mut node: Node, drain: Drain, mut signals: Signals) -> anyhow::Result<()> {
    let is_taken = tokio::select! {
        () = signals.next() => false,
        () = node.succession.taken(node.ready.subscribe()) => true,
        () = data_plane_ended(node.data.as_mut()) => {
            anyhow::bail!("every thread of the data plane has ended");
        }
    };
    // Its listeners are the same as those of the data plane and the API: open as long as any is.
    drop(node.succession);
    if is_taken {
        tracing::info!("another node has taken the place of this one");
        node.control.api_closed.cancel();
    } else {
        tracing::info!("asked to end: no longer ready");
        node.ending.cancel();
    }
    // Whoever has just been accepted may take so long to ask.
    let delay = tokio::time::sleep(drain.delay);
    if is_taken {
        let draining = drain_data_plane_of(&mut node.data, drain.timeout, &mut signals);
        tokio::join!(delay, draining);
    } else {
        let is_hurried = tokio::select! {
            () = delay => false,
            () = signals.next() => true,
        };
        let patience = if is_hurried { Duration::ZERO } else { drain.timeout };
        drain_data_plane_of(&mut node.data, patience, &mut signals).await;
    }
    end(node.control, &node.cluster).await;
    tracing::info!("ended");
    Ok(())
}

/// Never, where there is none.
async fn data_plane_ended(data: Option<&mut DataPlane>) {
    match data {
        Some(data) => data.ended().await,
        None => std::future::pending().await,
    }
}

async fn drain_data_plane_of(
    data: &mut Option<DataPlane>,
    patience: Duration,
    signals: &mut Signals,
) {
    if let Some(data) = data {
        drain_data_plane(data, patience, signals).await;
    }
}

/// Lets clients end by themselves for as long as `patience`, then closes what is left.
pub(crate) async fn drain_data_plane(
    data: &mut DataPlane,
    patience: Duration,
    signals: &mut Signals,
) {
    data.stop_accepting();
    tracing::info!("no new clients");
    tokio::select! {
        () = data.ended() => return,
        () = tokio::time::sleep(patience) => {}
        () = signals.next() => {}
    }
    tracing::info!("closing what is still open");
    data.cut();
    if tokio::time::timeout(GRACE, data.ended()).await.is_err() {
        tracing::warn!("some connections did not close");
    }
}

async fn end(control: Control, cluster: &Cluster) {
    control.tasks_stop.cancel();
    control.api_stop.cancel();
    control.tracker.close();
    if tokio::time::timeout(GRACE, control.tracker.wait()).await.is_err() {
        tracing::warn!("some tasks did not end");
    }
    // Last, so that peers take over what has really been left.
    cluster.leave().await;
    control.cluster_stop.cancel();
    control.cluster.close();
    if tokio::time::timeout(GRACE, control.cluster.wait()).await.is_err() {
        tracing::warn!("the connection with the peers did not end");
    }
}
