//! Three exits that are their own targets, as little work as possible: what they cost is on the core
//! of the clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

/// How many there are.
pub(crate) const EXITS: usize = 3;
/// What each of them asks for. Nobody checks: it is there to be sent.
pub(crate) const LOGIN: (&str, &str) = ("exit-account", "exit-password");
/// Bytes that are sent or taken in one step.
pub(crate) const STEP: usize = 256 * 1024;

const BODY: usize = 128;
const OPENED: &[u8] = b"HTTP/1.1 200 Go on\r\n\r\n";
/// What is asked for through a tunnel: bytes without end, with no head before them; and that bytes
/// without end be taken, once that has been agreed to.
pub(crate) const DOWN: &str = "/down";
pub(crate) const UP: &str = "/up";

/// The running exits. They end with this process.
pub(crate) struct Backend {
    pub(crate) exits: [SocketAddr; EXITS],
    /// Bytes of bodies that have arrived.
    pub(crate) taken: Arc<AtomicU64>,
    _tasks: TaskTracker,
}

impl Backend {
    /// Starts them on the core that this thread is on.
    pub(crate) async fn start() -> Result<Self> {
        let (tasks, taken) = (TaskTracker::new(), Arc::<AtomicU64>::default());
        let mut exits = [SocketAddr::from(([127, 0, 0, 1], 0)); EXITS];
        for exit in &mut exits {
            let listener = TcpListener::bind(*exit).await.context("no port for an exit")?;
            *exit = listener.local_addr()?;
            tasks.spawn(accept(listener, tasks.clone(), Arc::clone(&taken)));
        }
        Ok(Self { exits, taken, _tasks: tasks })
    }

    /// The exits as a list to upload.
    pub(crate) fn list(&self) -> String {
        self.exits.map(|exit| format!("http://{}:{}@{exit}\n", LOGIN.0, LOGIN.1)).concat()
    }
}

async fn accept(listener: TcpListener, clients: TaskTracker, taken: Arc<AtomicU64>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            clients.spawn(serve(stream, Arc::clone(&taken)));
        }
    }
}

/// Answers heads without a body, and what is asked through tunnels, one after another.
async fn serve(mut stream: TcpStream, taken: Arc<AtomicU64>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let answer = answer();
    let mut input = Vec::new();
    let mut room = [0; 4096];
    loop {
        let count = stream.read(&mut room).await?;
        if count == 0 {
            return Ok(());
        }
        input.extend_from_slice(&room[..count]);
        if !input.ends_with(b"\r\n\r\n") {
            continue;
        }
        match asked(&input) {
            Asked::Tunnel => stream.write_all(OPENED).await?,
            Asked::Page => stream.write_all(&answer).await?,
            Asked::Down => return send(&mut stream).await,
            Asked::Up => return take(&mut stream, &taken).await,
        }
        input = Vec::new();
    }
}

enum Asked {
    Tunnel,
    Page,
    Down,
    Up,
}

fn asked(head: &[u8]) -> Asked {
    let start = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let is = |path: &str| start.ends_with(format!("{path} HTTP/1.1").as_bytes());
    if start.starts_with(b"CONNECT ") {
        Asked::Tunnel
    } else if is(DOWN) {
        Asked::Down
    } else if is(UP) {
        Asked::Up
    } else {
        Asked::Page
    }
}

fn answer() -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n\
         Content-Type: text/plain\r\nContent-Length: {BODY}\r\n\r\n"
    );
    [head.as_bytes(), &[b'x'; BODY]].concat()
}

async fn send(stream: &mut TcpStream) -> std::io::Result<()> {
    let bytes = vec![b'x'; STEP];
    loop {
        stream.write_all(&bytes).await?;
    }
}

async fn take(stream: &mut TcpStream, taken: &AtomicU64) -> std::io::Result<()> {
    stream.write_all(OPENED).await?;
    let mut room = vec![0; STEP];
    loop {
        let count = stream.read(&mut room).await?;
        if count == 0 {
            return Ok(());
        }
        taken.fetch_add(count as u64, Ordering::Relaxed);
    }
}
