//! Accepts sockets until told to drain.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::boxed::boxed;
use crate::relay::{Place, Relay};
use crate::welcome;

/// How long to wait after an error that is about this machine and not about one client: most of
/// all, being out of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves clients of `listener` until the soft token is cancelled; those it has accepted are served
/// to their end by tasks on the tracker.
///
/// The caller binds, so that a test can ask for port 0 and a node can share a port between cores.
pub async fn serve(listener: TcpListener, relay: Arc<Relay>) {
    tune(&listener);
    relay.tracker().spawn(Arc::clone(&relay).tick());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = relay.soft().cancelled() => return,
        };
        match accepted {
            Ok((socket, peer)) => {
                // A node that is full says so at once: the balancer in front has others.
                if let Some(place) = relay.place() {
                    begin(&relay, (socket, peer), place);
                }
            }
            Err(error) if is_about_one_client(&error) => {}
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Has whatever is written leave at once, on every socket that is accepted: on Linux they have it from
/// their listener, which is a system call less for each. Where it cannot be set, all is a little worse.
fn tune(listener: &TcpListener) {
    let _ = socket2::SockRef::from(listener).set_tcp_nodelay(true);
}

/// Serves a client in a task of its own, to its end or to the node's.
fn begin(relay: &Arc<Relay>, client: (TcpStream, SocketAddr), place: Place) {
    let hard = relay.hard().clone();
    // Boxed: it would lie in the task twice otherwise, and it is gone when the tunnel begins.
    let serving = boxed(|| welcome::serve(Arc::clone(relay), client, place));
    relay.tracker().spawn(async move {
        let becomes = hard.run_until_cancelled(serving).await.flatten();
        if let Some(becomes) = becomes {
            becomes.await;
        }
    });
}

/// Whether the client was gone before it was accepted.
fn is_about_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_accepted_is_tuned_by_its_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        tune(&listener);
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        assert!(accepted.nodelay().unwrap());
    }
}
