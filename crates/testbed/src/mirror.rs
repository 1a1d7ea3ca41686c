//! An origin that tells clients how they look: their fingerprints, and their fields in order.

mod answers;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use fingerprint::{ClientHello, Preface, Read, client_hello, http2};
use parking_lot::Mutex;
use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::tls::Authority;

/// A target that speaks HTTP/2 and HTTP/1.1 over TLS on a loopback port. It ends when it is
/// dropped.
pub struct Mirror {
    address: SocketAddr,
    looks: Looks,
    _end: DropGuard,
}

/// How one client looked.
#[derive(Debug, Clone)]
pub struct Look {
    /// Who called.
    pub peer: SocketAddr,
    /// Its first message of TLS.
    pub hello: ClientHello,
    /// Its first frames, where it chose HTTP/2.
    pub preface: Option<Preface>,
}

type Looks = Arc<Mutex<Vec<Look>>>;

// === impl Mirror ===

impl Mirror {
    /// A mirror with a certificate for `localhost`, `127.0.0.1`, `target.test` and what is below
    /// that. It offers protocols such as `h2` and `http/1.1` in this order.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(authority: &Authority, protocols: &[&str]) -> Result<Self> {
        let names = ["localhost", "127.0.0.1", "target.test", "*.target.test"];
        let tls = authority.server_of(&names, protocols)?;
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for a mirror")?;
        let (token, looks) = (CancellationToken::new(), Looks::default());
        let mirror = Self {
            address: listener.local_addr()?,
            looks: looks.clone(),
            _end: token.clone().drop_guard(),
        };
        let tracker = TaskTracker::new();
        let accepting = accept(listener, tls, looks, (tracker.clone(), token.clone()));
        tracker.spawn(async move { token.run_until_cancelled(accepting).await });
        Ok(mirror)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How every client looked whose handshake is over.
    #[must_use]
    pub fn looks(&self) -> Vec<Look> {
        self.looks.lock().clone()
    }
}

async fn accept(
    listener: TcpListener,
    tls: TlsAcceptor,
    looks: Looks,
    (tracker, token): (TaskTracker, CancellationToken),
) {
    while let Ok((stream, peer)) = listener.accept().await {
        let (tls, looks, token) = (tls.clone(), looks.clone(), token.clone());
        let answers = tracker.clone();
        tracker.spawn(async move {
            // Whatever ends a connection is for the test to judge, by what it received.
            let _ended =
                token.run_until_cancelled(converse(stream, &tls, peer, looks, answers)).await;
        });
    }
}

async fn converse(
    mut stream: TcpStream,
    tls: &TlsAcceptor,
    peer: SocketAddr,
    looks: Looks,
    tracker: TaskTracker,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let (hello, heard) = hear(&mut stream, |bytes| Ok(client_hello::read(bytes)?)).await?;
    let mut stream = tls.accept(again(heard, stream)).await?;
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let mut look = Look { peer, hello, preface: None };
    if !is_http2 {
        looks.lock().push(look.clone());
        return answers::http1(look, Box::new(stream)).await;
    }
    let (preface, heard) = hear(&mut stream, |bytes| Ok(http2::read(bytes)?)).await?;
    look.preface = Some(preface);
    looks.lock().push(look.clone());
    answers::http2(look, again(heard, stream), &tracker).await
}

/// Reads until there is something to tell: it, and every byte that was read.
async fn hear<T>(
    stream: &mut (impl AsyncRead + Unpin),
    read: impl Fn(&[u8]) -> Result<Read<T>>,
) -> Result<(T, Vec<u8>)> {
    let mut heard = Vec::new();
    loop {
        ensure!(stream.read_buf(&mut heard).await? > 0, "ended after {} bytes", heard.len());
        if let Read::Whole(found) = read(&heard)? {
            return Ok((found, heard));
        }
    }
}

/// The stream with these bytes before it.
fn again<S: AsyncRead + AsyncWrite>(
    heard: Vec<u8>,
    stream: S,
) -> impl AsyncRead + AsyncWrite + Unpin {
    let (reader, writer) = io::split(stream);
    io::join(std::io::Cursor::new(heard).chain(reader), writer)
}

#[cfg(test)]
mod tests;
