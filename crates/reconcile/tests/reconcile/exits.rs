//! Exits on loopback that do as they are told, and count who comes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// What an exit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Takes everybody, as SOCKS5 without a login, or answers every HTTP request with this status.
    Works(u16),
    /// Accepts and hangs up.
    Dead,
    /// Accepts and says nothing.
    Silent,
}

/// An exit; it goes with this.
pub(crate) struct TestExit {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _task: AbortOnDropHandle<()>,
}

struct Shared {
    mood: Mutex<Mood>,
    visits: AtomicU32,
    /// The first line of the latest HTTP request.
    asked: Mutex<String>,
}

impl TestExit {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            mood: Mutex::new(mood),
            visits: AtomicU32::new(0),
            asked: Mutex::default(),
        });
        let task = accept(listener, Arc::clone(&shared));
        let task = tokio_util::task::TaskTracker::new().spawn(task);
        Self { address, shared, _task: AbortOnDropHandle::new(task) }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.shared.mood.lock() = mood;
    }

    pub(crate) fn visits(&self) -> u32 {
        self.shared.visits.load(Ordering::Relaxed)
    }

    pub(crate) fn asked(&self) -> String {
        self.shared.asked.lock().clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut visitors = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        shared.visits.fetch_add(1, Ordering::Relaxed);
        let mood = *shared.mood.lock();
        let shared = Arc::clone(&shared);
        visitors.spawn(async move {
            match mood {
                Mood::Dead => drop(stream),
                Mood::Silent => std::future::pending().await,
                Mood::Works(status) => serve(stream, status, &shared).await.unwrap_or_default(),
            }
        });
    }
}

async fn serve(mut stream: TcpStream, status: u16, shared: &Shared) -> std::io::Result<()> {
    let mut input = vec![0; 4096];
    let length = stream.read(&mut input).await?;
    if input[0] == 5 {
        stream.write_all(&[5, 0]).await?;
        let length = stream.read(&mut input).await?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).await?;
        return Box::pin(serve(stream, status, shared)).await;
    }
    let head = String::from_utf8_lossy(&input[..length]).into_owned();
    head.lines().next().unwrap_or_default().clone_into(&mut shared.asked.lock());
    let answer = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await
}
