//! A website behind TLS, over HTTP/1.1 and HTTP/2, with what browsers meet on the web: assets,
//! events, ranges, content that is coded or not modified, bodies that nobody can hold.

mod pages;
mod http1;
mod http2;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result};
use aws_lc_rs::digest;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::tls::Authority;
use crate::wire::body::pattern;

/// Whom its certificate names.
pub const NAMES: [&str; 5] = ["localhost", "127.0.0.1", "target.test", "shop.test", "other.test"];

/// After so many bytes `wire::body::pattern` begins again.
const PERIOD: usize = 1 << 25;

/// The pattern once, for bodies that are longer than anybody holds.
static LARGE: LazyLock<Bytes> = LazyLock::new(|| pattern(0, PERIOD).into());

/// How a site is to be met.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// What it speaks, best first.
    pub protocols: &'static [&'static str],
    /// Whether nobody is let in without a certificate of the site's own authority.
    pub wants_certificate: bool,
    /// Under this name it shows everybody a page with a riddle.
    pub bans: Option<&'static str>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { protocols: &["h2", "http/1.1"], wants_certificate: false, bans: None }
    }
}

/// A website on a loopback port. It ends when it is dropped.
pub struct Site {
    address: SocketAddr,
    state: Arc<State>,
    _end: DropGuard,
}

/// One request that has come.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Who called.
    pub peer: IpAddr,
    /// `h2` or `http/1.1`.
    pub protocol: &'static str,
    /// Whether the client has shown a certificate.
    pub certified: bool,
    /// The method.
    pub method: String,
    /// Whom it was meant for: `:authority` or `Host`.
    pub host: String,
    /// Path and query.
    pub path: String,
    /// Fields in their order; over HTTP/2 grouped by name.
    pub fields: Vec<(String, String)>,
}

/// What came behind the head of a request.
#[derive(Debug, Clone, Default)]
struct Received {
    bytes: u64,
    sha256: String,
    trailers: Vec<(String, String)>,
}

struct State {
    bans: Option<&'static str>,
    tracker: TaskTracker,
    visits: Mutex<Vec<Visit>>,
    released: watch::Sender<BTreeSet<String>>,
}

/// A connection, as far as requests on it have it in common.
#[derive(Debug, Clone, Copy)]
struct Line {
    peer: IpAddr,
    protocol: &'static str,
    certified: bool,
}

// === impl Site ===

impl Site {
    /// A site with a certificate for [`NAMES`], as browsers are used to.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(authority: &Authority) -> Result<Self> {
        Self::start_as(authority, Manner::default()).await
    }

    /// One of another manner.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start_as(authority: &Authority, manner: Manner) -> Result<Self> {
        let Manner { protocols, wants_certificate, bans } = manner;
        let tls = if wants_certificate {
            authority.server_demanding(&NAMES, protocols)?
        } else {
            authority.server_of(&NAMES, protocols)?
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for a site")?;
        let (token, tracker) = (CancellationToken::new(), TaskTracker::new());
        let state = State {
            bans,
            tracker: tracker.clone(),
            visits: Mutex::default(),
            released: watch::Sender::default(),
        };
        let state = Arc::new(state);
        let address = listener.local_addr()?;
        let site = Self { address, state: state.clone(), _end: token.clone().drop_guard() };
        let accepting = accept(listener, tls, state, token.clone());
        tracker.spawn(async move { token.run_until_cancelled(accepting).await });
        Ok(site)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a page by address.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// Every request so far.
    #[must_use]
    pub fn visits(&self) -> Vec<Visit> {
        self.state.visits.lock().clone()
    }

    /// Forgets them.
    pub fn forget(&self) {
        self.state.visits.lock().clear();
    }

    /// Lets `/events/NAME` go on, and end.
    pub fn release(&self, name: &str) {
        self.state.release(name);
    }
}

/// The digest of `/bytes/N` and `/stream/N`, without holding that.
#[must_use]
pub fn sha256_of_large(length: u64) -> String {
    let mut digest = digest::Context::new(&digest::SHA256);
    for piece in pieces(0..length) {
        digest.update(&piece);
    }
    crate::origin::hexadecimal(digest.finish().as_ref())
}

/// A period of the large body, for clients that send it: repeated, it goes on as it should.
#[must_use]
pub fn one_period() -> &'static [u8] {
    &LARGE
}

/// A part of the large body, piece by piece.
fn pieces(range: Range<u64>) -> impl Iterator<Item = Bytes> {
    const PIECE: usize = 64 * 1024;
    let mut at = range.start;
    std::iter::from_fn(move || {
        let place = usize::try_from(at % PERIOD as u64).ok()?;
        let left = usize::try_from(range.end - at).unwrap_or(usize::MAX);
        let length = PIECE.min(left).min(PERIOD - place);
        at += length as u64;
        (length > 0).then(|| LARGE.slice(place..place + length))
    })
}

async fn accept(
    listener: TcpListener,
    tls: TlsAcceptor,
    state: Arc<State>,
    token: CancellationToken,
) {
    while let Ok((stream, peer)) = listener.accept().await {
        let (tls, state, token) = (tls.clone(), state.clone(), token.clone());
        state.tracker.clone().spawn(async move {
            // Whatever ends a connection is for the test to judge, by what it received.
            let _ended = token.run_until_cancelled(converse(stream, &tls, peer, state)).await;
        });
    }
}

async fn converse(
    stream: TcpStream,
    tls: &TlsAcceptor,
    peer: SocketAddr,
    state: Arc<State>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let stream = tls.accept(stream).await?;
    let session = stream.get_ref().1;
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    let protocol = if is_http2 { "h2" } else { "http/1.1" };
    let line = Line { peer: peer.ip(), protocol, certified: session.peer_certificates().is_some() };
    if is_http2 {
        http2::serve(Box::new(stream), line, &state).await
    } else {
        http1::serve(Box::new(stream), line, &state).await
    }
}

// === impl State ===

impl State {
    fn note(&self, visit: Visit) {
        self.visits.lock().push(visit);
    }

    fn release(&self, name: &str) {
        self.released.send_modify(|released| {
            released.insert(name.to_owned());
        });
    }

    async fn released(&self, name: &str) {
        let mut released = self.released.subscribe();
        // The sender is in here and is not dropped before.
        let _ = released.wait_for(|released| released.contains(name)).await;
    }
}

// === impl Visit ===

impl Visit {
    /// The first value of a field, whatever the case of its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests;
