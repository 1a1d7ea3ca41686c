//! A target that answers, stalls, or hangs up, and remembers every byte it was sent.

mod routes;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use aws_lc_rs::digest;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::tls::Authority;
use crate::wire::{Body, Head, Socket, Transcript, Wire};

/// A target server on a loopback port. It ends when it is dropped.
pub struct Origin {
    address: SocketAddr,
    tls: bool,
    state: Arc<State>,
    _end: DropGuard,
}

/// One connection that reached the origin.
#[derive(Debug, Clone)]
pub struct Connection {
    /// From 1, in the order of arrival.
    pub number: u64,
    /// Who called: the address tells which exit it was.
    pub peer: SocketAddr,
    /// What came in; after the handshake where there is TLS.
    pub heard: Transcript,
    /// Whether it is open still.
    pub open: bool,
}

/// One request that reached the origin.
#[derive(Debug, Clone)]
pub struct Request {
    /// The connection it came on.
    pub connection: u64,
    /// From 1, on that connection.
    pub number: u64,
    /// Who called.
    pub peer: SocketAddr,
    /// Its head.
    pub head: Head,
    /// Body bytes that have come so far.
    pub body_bytes: u64,
    /// SHA-256 of the body in hexadecimal, once it is complete.
    pub body_digest: Option<String>,
}

struct Line {
    peer: SocketAddr,
    heard: Arc<Mutex<Transcript>>,
    open: AtomicBool,
}

#[derive(Default)]
struct State {
    lines: Mutex<Vec<Arc<Line>>>,
    requests: Mutex<Vec<Request>>,
}

/// Whether a connection goes on after an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Keep,
    Close,
}

// === impl Origin ===

impl Origin {
    /// An origin that speaks plain HTTP.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start() -> Result<Self> {
        Self::listen(None).await
    }

    /// An origin that speaks TLS, as `localhost`, `127.0.0.1`, `target.test` and what is below
    /// that.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start_tls(authority: &Authority) -> Result<Self> {
        let names = ["localhost", "127.0.0.1", "target.test", "*.target.test"];
        Self::listen(Some(authority.server(&names)?)).await
    }

    async fn listen(tls: Option<TlsAcceptor>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for an origin")?;
        let (token, tracker) = (CancellationToken::new(), TaskTracker::new());
        let address = listener.local_addr()?;
        let origin = Self {
            address,
            tls: tls.is_some(),
            state: Arc::default(),
            _end: token.clone().drop_guard(),
        };
        let accepting =
            accept(listener, origin.state.clone(), tls, (tracker.clone(), token.clone()));
        tracker.spawn(async move { token.run_until_cancelled(accepting).await });
        Ok(origin)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", if self.tls { "https" } else { "http" }, self.address)
    }

    /// Every connection so far.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        let lines = self.state.lines.lock().clone();
        let numbered = (1..).zip(lines);
        let connection = |(number, line): (u64, Arc<Line>)| Connection {
            number,
            peer: line.peer,
            heard: line.heard.lock().clone(),
            open: line.open.load(Ordering::Relaxed),
        };
        numbered.map(connection).collect()
    }

    /// Every request so far whose head has come.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().clone()
    }

    /// How many connections there have been.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.state.lines.lock().len()
    }

    /// How many requests there have been.
    #[must_use]
    pub fn request_count(&self) -> usize {
        self.state.requests.lock().len()
    }
}

async fn accept(
    listener: TcpListener,
    state: Arc<State>,
    tls: Option<TlsAcceptor>,
    (tracker, token): (TaskTracker, CancellationToken),
) {
    while let Ok((stream, peer)) = listener.accept().await {
        let line = Arc::new(Line { peer, heard: Arc::default(), open: AtomicBool::new(true) });
        let number = {
            let mut lines = state.lines.lock();
            lines.push(line.clone());
            lines.len() as u64
        };
        let (state, tls, token) = (state.clone(), tls.clone(), token.clone());
        tracker.spawn(async move {
            // Whatever ends a connection is for the test to judge, by what it received.
            let _ended =
                token.run_until_cancelled(converse(&state, &line, number, (stream, tls))).await;
            line.open.store(false, Ordering::Relaxed);
        });
    }
}

async fn converse(
    state: &State,
    line: &Line,
    connection: u64,
    (stream, tls): (TcpStream, Option<TlsAcceptor>),
) -> Result<()> {
    stream.set_nodelay(true)?;
    let socket: Socket = match tls {
        Some(tls) => Box::new(tls.accept(stream).await?),
        None => Box::new(stream),
    };
    let mut wire = Wire::new(socket).noting(line.heard.clone());
    for number in 1.. {
        let Some(head) = wire.reader.head().await? else { break };
        let request =
            Request { connection, number, peer: line.peer, head, body_bytes: 0, body_digest: None };
        let index = state.note(request);
        if routes::before_body(state.get(index), &mut wire).await? == After::Close {
            break;
        }
        read_body(state, index, &mut wire).await?;
        if routes::answer(state.get(index), &mut wire).await? == After::Close {
            break;
        }
    }
    wire.writer.finish().await
}

async fn read_body(state: &State, index: usize, wire: &mut Wire) -> Result<()> {
    let length = state.get(index).head.request_length();
    let mut body = Body::new(length);
    let mut digest = digest::Context::new(&digest::SHA256);
    while let Some(piece) = body.next(&mut wire.reader).await? {
        digest.update(&piece.data);
        state.requests.lock()[index].body_bytes += piece.data.len() as u64;
    }
    anyhow::ensure!(body.is_complete(), "the body of request {index} was cut off");
    state.requests.lock()[index].body_digest = Some(hexadecimal(digest.finish().as_ref()));
    Ok(())
}

/// SHA-256 in hexadecimal, as in [`Request::body_digest`].
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

// === impl State ===

impl State {
    fn note(&self, request: Request) -> usize {
        let mut requests = self.requests.lock();
        requests.push(request);
        requests.len() - 1
    }

    fn get(&self, index: usize) -> Request {
        self.requests.lock()[index].clone()
    }
}

#[cfg(test)]
mod tests;
