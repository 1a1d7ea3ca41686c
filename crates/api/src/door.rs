//! A listener that can be left before the connections are that came through it.

use std::io;
use std::net::SocketAddr;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A listener that accepts nobody any more once it is told so, while those whom it has accepted are
/// served. Otherwise who was accepted a moment ago is closed before he could ask.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    /// Cancelled: nobody is accepted any more. Whoever waits is left to others that have the
    /// listener.
    pub(crate) closed: CancellationToken,
}

/// Cancelled with the door: whoever would be served for ever comes to an end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Closing(pub(crate) CancellationToken);

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let accepting = Listener::accept(&mut self.listener);
        match self.closed.run_until_cancelled(accepting).await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(*stream.remote_addr())
    }
}
