//! A target that answers what a test has written down, byte for byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use testbed::wire::Wire;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// What comes for one path, and whether the connection ends with it.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) bytes: Vec<u8>,
    pub(crate) close: bool,
}

/// The target. `/0` is answered by the first line, `/1` by the second, and so on.
pub(crate) struct Script {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _end: DropGuard,
}

impl Script {
    pub(crate) async fn start(lines: Vec<Line>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (token, tracker) = (CancellationToken::new(), TaskTracker::new());
        let (address, connections) =
            (listener.local_addr().unwrap(), Arc::<AtomicUsize>::default());
        let accepting =
            accept(listener, connections.clone(), lines, (tracker.clone(), token.clone()));
        let ending = token.clone();
        tracker.spawn(async move { ending.run_until_cancelled(accepting).await });
        Self { address, connections, _end: token.drop_guard() }
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn accept(
    listener: TcpListener,
    counted: Arc<AtomicUsize>,
    lines: Vec<Line>,
    (tracker, ending): (TaskTracker, CancellationToken),
) {
    while let Ok((stream, _)) = listener.accept().await {
        counted.fetch_add(1, Ordering::Relaxed);
        let (lines, ending) = (lines.clone(), ending.clone());
        tracker.spawn(async move { ending.run_until_cancelled(play(stream, &lines)).await });
    }
}

/// Whatever ends the conversation ends it for good.
async fn play(stream: TcpStream, lines: &[Line]) {
    let mut wire = Wire::new(Box::new(stream));
    while let Ok(Some(head)) = wire.reader.head().await {
        let number: usize = head.target().trim_start_matches('/').parse().unwrap();
        if wire.send(&lines[number].bytes).await.is_err() || lines[number].close {
            break;
        }
    }
    let _closed = wire.writer.finish().await;
}
