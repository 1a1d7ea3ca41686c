//! The data plane: one thread, runtime and listener a core, so that a request never changes cores
//! and no work of the control plane comes between.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context;
use relay::{Parts, Relay};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::descriptors;

/// How large a data plane is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Threads, each with a listener.
    pub(crate) threads: usize,
    /// Clients at once; `None`: as many as there are file descriptors for.
    pub(crate) max_connections: Option<usize>,
}

/// From when on clients are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begins {
    AtOnce,
    /// Until then somebody else accepts them.
    WhenReady,
}

/// A running data plane.
pub(crate) struct DataPlane {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
    /// Closed when every thread has ended.
    ended: mpsc::Receiver<()>,
}

impl DataPlane {
    /// Accepts clients with a thread for each of the listeners, which are at one address, until it is
    /// told to stop; at once, or only when it is ready.
    pub(crate) fn start(
        listeners: Vec<TcpListener>,
        (max_connections, begins): (Option<usize>, Begins),
        parts: &Parts,
    ) -> anyhow::Result<Self> {
        let threads = listeners.len();
        let address = listeners[0].local_addr()?;
        let (alive, ended) = mpsc::channel(1);
        let mut parts = parts.clone();
        parts.settings.max_connections = descriptors::room_for_clients(max_connections);
        let relays = Relay::for_cores(&parts, threads);
        for (n, (listener, relay)) in listeners.into_iter().zip(relays).enumerate() {
            let (alive, tracker) = (alive.clone(), parts.tracker.clone());
            let ready =
                (begins == Begins::WhenReady).then(|| (parts.ready.clone(), parts.soft.clone()));
            let thread = std::thread::Builder::new().name(format!("relay-{n}"));
            let thread = thread.spawn(move || {
                report(serve(listener, relay, &tracker, ready));
                drop(alive);
            });
            thread.context("cannot start a thread")?;
        }
        let (soft, hard) = (parts.soft.clone(), parts.hard.clone());
        Ok(Self { address, soft, hard, tracker: parts.tracker.clone(), ended })
    }

    /// Accepts nobody any more; who is being served goes on.
    pub(crate) fn stop_accepting(&self) {
        self.soft.cancel();
        self.tracker.close();
    }

    /// Closes what is still open.
    pub(crate) fn cut(&self) {
        self.stop_accepting();
        self.hard.cancel();
    }

    /// Waits until the last client has gone and every thread has ended.
    pub(crate) async fn ended(&mut self) {
        while self.ended.recv().await.is_some() {}
    }
}

fn report(outcome: anyhow::Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(error = %format!("{error:#}"), "a thread of the data plane ended");
    }
}

fn serve(
    listener: TcpListener,
    relay: Arc<Relay>,
    tracker: &TaskTracker,
    ready: Option<(watch::Receiver<bool>, CancellationToken)>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        if let Some((mut ready, soft)) = ready {
            let is_ready = ready.wait_for(|is_ready| *is_ready);
            // Whatever comes of it, the soft token is heard below.
            let _waited = soft.run_until_cancelled(is_ready).await;
        }
        relay::listener::serve(listener, relay).await;
        // The tasks of this thread's clients run as long as the thread does.
        tracker.wait().await;
        Ok(())
    })
}
