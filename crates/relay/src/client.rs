//! The client's side of a connection: its stream, what has been read ahead, and who it is.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use http1::RequestHead;
use http1::request;
use model::ProxyId;
use model::policy::Rotate;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::server::TlsStream;

use crate::admit::{Admitted, Remembered};
use crate::error::RelayError;
use crate::http2::Incoming;
use crate::intercept::Inside;
use crate::relay::Place;
use crate::scratch;
use crate::settings::Settings;
use crate::tunnel::MaybeSocket;

/// Read-ahead of a head; bodies are moved in larger steps.
const READ_AHEAD: usize = 4 * 1024;
/// How long a client may leave an answer of ours lying, which is never long.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a client may go on sending after it has been told that the connection ends.
const LINGER: Duration = Duration::from_secs(1);
/// And in how many steps.
const LINGER_READS: usize = 16;

/// The stream of a client, and its place among those that this node serves.
pub(crate) struct ClientStream {
    transport: Transport,
    /// Whether the system holds little for it.
    holds_little: bool,
    /// Streams inside of an intercepted tunnel share that of their connection.
    _place: Option<Place>,
}

/// In the clear, or over TLS to us, and what may be inside of a tunnel that is intercepted.
enum Transport {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Inner(Box<TlsStream<Ahead>>),
    Http2(Box<Incoming>),
}

/// A stream, and what has been read from it already.
pub(crate) struct Ahead {
    pub(crate) input: BytesMut,
    pub(crate) stream: ClientStream,
}

/// One client connection between two requests.
pub(crate) struct Client {
    pub(crate) stream: ClientStream,
    /// Bytes that have been read and not yet used.
    pub(crate) input: BytesMut,
    pub(crate) peer: SocketAddr,
    /// The login of the request before, so that a kept connection is not checked each time.
    pub(crate) remembered: Option<Box<Remembered>>,
    /// The exit of the request before, which `rotate=tunnel` stays with.
    pub(crate) pinned: Option<ProxyId>,
    /// The intercepted tunnel that its requests come out of.
    pub(crate) inside: Option<Arc<Inside>>,
}

/// The first bytes of a head, each of which may show that it is none.
const START: usize = 64;

/// Unsent bytes that the system holds for a client that is judged by its pace. Its own measure is
/// megabytes, and it says that there is room again only when a third of them has gone: who reads
/// slowly would look like nobody.
const UNSENT: u32 = 64 * 1024;

// === impl Client ===

impl Client {
    pub(crate) fn new(stream: ClientStream, peer: SocketAddr) -> Self {
        Self { stream, input: BytesMut::new(), peer, remembered: None, pinned: None, inside: None }
    }

    /// A client inside of an intercepted tunnel.
    pub(crate) fn inside(stream: ClientStream, peer: SocketAddr, inside: Arc<Inside>) -> Self {
        let pinned = *inside.pinned.lock();
        Self { pinned, inside: Some(inside), ..Self::new(stream, peer) }
    }

    /// A number that stays the same for its connection.
    pub(crate) fn number(&self) -> u64 {
        self.inside.as_ref().map_or(u64::from(self.peer.port()), |inside| inside.number)
    }

    /// The exit of the request that is over.
    pub(crate) fn came_through(&mut self, exit: Option<ProxyId>) {
        self.pinned = exit.or(self.pinned);
        if let Some(inside) = &self.inside {
            *inside.pinned.lock() = self.pinned;
        }
    }

    /// Reads the next request head; `None` when the client has gone away or stayed silent between
    /// two requests, which needs no answer.
    pub(crate) async fn read_head(
        &mut self,
        settings: &Settings,
        silence: Duration,
    ) -> Result<Option<RequestHead>, RelayError> {
        let limits = http1::Limits::default();
        let mut deadline = Instant::now() + silence;
        let mut begun = false;
        let (mut seen, mut next_look) = (0, START);
        loop {
            // Only the first bytes (is it HTTP?), the end of a line and another doubling bring
            // news. Parsing 64 KiB that come one by one after each of them would be seconds of work
            // for somebody who has not even logged in.
            let is_long = self.input.len() >= next_look;
            let is_news = seen < START || self.input[seen..].contains(&b'\n') || is_long;
            if is_news && let Some(head) = request::parse(&mut self.input, &limits)? {
                return Ok(Some(head));
            }
            seen = self.input.len();
            next_look = if is_long { seen * 2 } else { next_look };
            // Empty lines in front of a head have been skipped: they begin nothing.
            if !begun && !self.input.is_empty() {
                begun = true;
                deadline = Instant::now() + settings.head_timeout;
            }
            match timeout_at(deadline, self.fill()).await {
                Ok(Ok(0) | Err(_)) if !begun => return Ok(None),
                Ok(Ok(0)) => return Err(RelayError::Truncated),
                Ok(Ok(_)) => {}
                Ok(Err(source)) => return Err(RelayError::ClientGone { source }),
                Err(_) if begun => return Err(RelayError::TooSlow),
                Err(_) => return Ok(None),
            }
        }
    }

    /// Reads some more bytes; 0 at the end of the stream.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        let Self { stream, input, .. } = self;
        poll_fn(|cx| scratch::poll_read(cx, stream, (input, READ_AHEAD))).await
    }

    /// A client that rotates with its connections stays with the exit of its first request.
    pub(crate) fn pin(&self, admitted: &mut Admitted) {
        let rotate = admitted.wish.rotate.unwrap_or(admitted.project.spec.rotate);
        if rotate == Rotate::Tunnel && self.pinned.is_some() {
            Arc::make_mut(&mut admitted.wish).pin = self.pinned;
        }
    }

    /// Says that nothing more will come, and gives the client a moment to read what did: closing
    /// on unread bytes would take the answer back (RFC 9112 section 9.6).
    pub(crate) async fn close(&mut self) {
        let _ = timeout(LINGER, self.linger()).await;
    }

    async fn linger(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        for _ in 0..LINGER_READS {
            self.input.clear();
            if self.fill().await? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Breaks the connection off, so that the client does not take what it has for the whole.
    pub(crate) fn abort(self) {
        if let Some(socket) = self.stream.socket() {
            let _ = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
        }
    }

    /// Waits until nobody wants an answer any more. Only streams of HTTP/2 say so: on a connection,
    /// who sends nothing more may well listen.
    pub(crate) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.stream.transport {
            Transport::Http2(stream) => stream.poll_gone(cx),
            Transport::Tcp(_) | Transport::Tls(_) | Transport::Inner(_) => Poll::Pending,
        }
    }

    /// Writes all of `bytes`.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), RelayError> {
        let written = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        let written = timeout(PATIENCE, written).await.map_err(io::Error::from);
        written.flatten().map_err(|source| RelayError::ClientGone { source })
    }
}

// === impl ClientStream ===

impl ClientStream {
    pub(crate) fn tcp(socket: TcpStream, place: Place) -> Self {
        Self::new(Transport::Tcp(socket), Some(place))
    }

    pub(crate) fn tls(stream: TlsStream<TcpStream>, place: Place) -> Self {
        Self::new(Transport::Tls(Box::new(stream)), Some(place))
    }

    /// What is inside of a tunnel whose TLS is ended here.
    pub(crate) fn inner(stream: TlsStream<Ahead>) -> Self {
        Self::new(Transport::Inner(Box::new(stream)), None)
    }

    /// One stream of an HTTP/2 connection.
    pub(crate) fn http2(stream: Incoming) -> Self {
        Self::new(Transport::Http2(Box::new(stream)), None)
    }

    fn new(transport: Transport, place: Option<Place>) -> Self {
        Self { transport, holds_little: false, _place: place }
    }

    pub(crate) fn is_http2(&self) -> bool {
        matches!(self.transport, Transport::Http2(_))
    }

    /// Has the system say early that the client takes something, and hold less for it. Tunnels,
    /// whose pace nobody judges, are faster without.
    pub(crate) fn hold_little(&mut self) {
        let is_first = !std::mem::replace(&mut self.holds_little, true);
        if let Some(socket) = self.socket().filter(|_| is_first) {
            let _ = socket2::SockRef::from(socket).set_tcp_notsent_lowat(UNSENT);
        }
    }

    /// The socket under whatever is spoken on it, where nobody else speaks on it.
    fn socket(&self) -> Option<&TcpStream> {
        match &self.transport {
            Transport::Tcp(stream) => Some(stream),
            Transport::Tls(stream) => Some(stream.get_ref().0),
            Transport::Inner(stream) => stream.get_ref().0.stream.socket(),
            Transport::Http2(_) => None,
        }
    }
}

impl MaybeSocket for ClientStream {
    fn as_tcp(&self) -> Option<&TcpStream> {
        match &self.transport {
            Transport::Tcp(socket) => Some(socket),
            Transport::Tls(_) | Transport::Inner(_) | Transport::Http2(_) => None,
        }
    }
}

impl AsyncRead for Ahead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.input.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let length = self.input.len().min(buffer.remaining());
        buffer.put_slice(&self.input.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Ahead {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    // Else TLS would send each record of a handshake by itself.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Inner(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Http2(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Inner(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Http2(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Transport::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Transport::Inner(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Transport::Http2(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Tcp(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
            Transport::Inner(stream) => stream.is_write_vectored(),
            Transport::Http2(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Inner(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Http2(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Inner(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Http2(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
