//! Three exits that are their own targets, also of TLS, as little work as possible: what they cost is
//! on the core of the clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use testbed::tls::Authority;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

/// How many there are.
pub(crate) const EXITS: usize = 3;
/// What each of them asks for. Nobody checks: it is there to be sent.
pub(crate) const LOGIN: (&str, &str) = ("exit-account", "exit-password");
/// Bytes that are sent or taken in one step.
pub(crate) const STEP: usize = 256 * 1024;

/// All targets that speak TLS are below it.
pub(crate) const DOMAIN: &str = "bench.test";

const BODY: usize = 128;
const OPENED: &[u8] = b"HTTP/1.1 200 Go on\r\n\r\n";
/// What is asked for through a tunnel: bytes without end, with no head before them; and that bytes
/// without end be taken, once that has been agreed to.
pub(crate) const DOWN: &str = "/down";
pub(crate) const UP: &str = "/up";

/// What the exits have in common.
struct Shared {
    taken: Arc<AtomicU64>,
    tls: TlsAcceptor,
}

/// The running exits. They end with this process.
pub(crate) struct Backend {
    pub(crate) exits: [SocketAddr; EXITS],
    /// Bytes of bodies that have arrived.
    pub(crate) taken: Arc<AtomicU64>,
    /// Signs for targets.
    pub(crate) authority: Authority,
    /// Signs for proxies that pose as targets. Their clients believe nobody else, so that one who
    /// lets a tunnel through is found out.
    pub(crate) poser: Authority,
    _tasks: TaskTracker,
}

impl Backend {
    /// Starts them on the core that this thread is on.
    pub(crate) async fn start() -> Result<Self> {
        let (tasks, taken) = (TaskTracker::new(), Arc::<AtomicU64>::default());
        let authority = Authority::new()?;
        let tls = authority.server_of(&[&format!("*.{DOMAIN}")], &["http/1.1"])?;
        let shared = Arc::new(Shared { taken: Arc::clone(&taken), tls });
        let mut exits = [SocketAddr::from(([127, 0, 0, 1], 0)); EXITS];
        for exit in &mut exits {
            let listener = TcpListener::bind(*exit).await.context("no port for an exit")?;
            *exit = listener.local_addr()?;
            tasks.spawn(accept(listener, tasks.clone(), Arc::clone(&shared)));
        }
        Ok(Self { exits, taken, authority, poser: Authority::new()?, _tasks: tasks })
    }

    /// The exits as a list to upload.
    pub(crate) fn list(&self) -> String {
        self.exits.map(|exit| format!("http://{}:{}@{exit}\n", LOGIN.0, LOGIN.1)).concat()
    }
}

async fn accept(listener: TcpListener, clients: TaskTracker, shared: Arc<Shared>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            clients.spawn(serve(stream, Arc::clone(&shared)));
        }
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    if talk(&mut stream, &shared.taken).await? == Ended::Secured {
        let mut session = shared.tls.accept(stream).await?;
        talk(&mut session, &shared.taken).await?;
    }
    Ok(())
}

/// How a conversation ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Closed,
    /// A tunnel was opened in which TLS is spoken from now on.
    Secured,
}

/// Answers heads without a body, and what is asked through tunnels, one after another.
async fn talk(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    taken: &AtomicU64,
) -> std::io::Result<Ended> {
    let answer = answer();
    let mut input = Vec::new();
    let mut room = [0; 4096];
    loop {
        let count = stream.read(&mut room).await?;
        if count == 0 {
            return Ok(Ended::Closed);
        }
        input.extend_from_slice(&room[..count]);
        if !input.ends_with(b"\r\n\r\n") {
            continue;
        }
        match asked(&input) {
            Asked::Tunnel => stream.write_all(OPENED).await?,
            Asked::SecureTunnel => {
                stream.write_all(OPENED).await?;
                return Ok(Ended::Secured);
            }
            Asked::Page => stream.write_all(&answer).await?,
            Asked::Down => send(stream).await?,
            Asked::Up => return take(stream, taken).await,
        }
        stream.flush().await?;
        input = Vec::new();
    }
}

enum Asked {
    Tunnel,
    /// One to the port of `https`.
    SecureTunnel,
    Page,
    Down,
    Up,
}

fn asked(head: &[u8]) -> Asked {
    let start = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let is = |path: &str| start.ends_with(format!("{path} HTTP/1.1").as_bytes());
    if start.starts_with(b"CONNECT ") {
        if is(":443") { Asked::SecureTunnel } else { Asked::Tunnel }
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

async fn send(stream: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
    let bytes = vec![b'x'; STEP];
    loop {
        stream.write_all(&bytes).await?;
    }
}

async fn take(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    taken: &AtomicU64,
) -> std::io::Result<Ended> {
    stream.write_all(OPENED).await?;
    let mut room = vec![0; STEP];
    loop {
        let count = stream.read(&mut room).await?;
        if count == 0 {
            return Ok(Ended::Closed);
        }
        taken.fetch_add(count as u64, Ordering::Relaxed);
    }
}
