//! The stream that comes back, whatever it is made of.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

/// A connection to an exit, or through it to a target.
///
/// Bytes that came right behind an exit's 200 are read first. A TLS connection that ends without
/// `close_notify` ends in `UnexpectedEof`, so that a cut is not taken for an end.
#[derive(Debug)]
pub struct Stream {
    transport: Transport,
    pending: Bytes,
    made_at: Instant,
}

/// What a [`Stream`] is made of.
#[derive(Debug)]
pub enum Transport {
    /// A socket.
    Tcp(TcpStream),
    /// A socket with TLS to the exit on it. Boxed: a session is larger than a kilobyte.
    Tls(Box<TlsStream<TcpStream>>),
    /// A stream to the target with TLS to the target on it.
    Origin(Box<TlsStream<Stream>>),
}

// === impl Stream ===

impl Stream {
    pub(crate) fn new(transport: Transport) -> Self {
        Self { transport, pending: Bytes::new(), made_at: Instant::now() }
    }

    /// The same stream, with bytes that have been read from it already put back.
    pub(crate) fn with_pending(self, pending: Bytes) -> Self {
        debug_assert!(self.pending.is_empty(), "bytes are put back once");
        // No bytes may still hold on to the buffer that an idle tunnel must not have.
        let pending = if pending.is_empty() { Bytes::new() } else { pending };
        Self { pending, ..self }
    }

    /// The bare socket, for copying by readiness and for splicing. `None` for TLS, and while bytes
    /// are pending that have been read from the socket already.
    #[must_use]
    pub fn as_tcp(&self) -> Option<&TcpStream> {
        match &self.transport {
            Transport::Tcp(socket) if self.pending.is_empty() => Some(socket),
            _ => None,
        }
    }

    /// When the other end was connected, TLS with it included; an exit has opened no tunnel by then.
    #[must_use]
    pub fn made_at(&self) -> Instant {
        self.made_at
    }

    /// The transport, and the bytes that come before what it will yield.
    #[must_use]
    pub fn into_parts(self) -> (Transport, Bytes) {
        (self.transport, self.pending)
    }

    /// Whether there is TLS to the exit.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        match &self.transport {
            Transport::Tcp(_) => false,
            Transport::Tls(_) => true,
            Transport::Origin(session) => session.get_ref().0.is_tls(),
        }
    }

    /// The other end of the socket: the exit's address, or the target's for a direct connection.
    ///
    /// # Errors
    /// When the socket is not connected any more.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket().peer_addr()
    }

    /// This end of the socket.
    ///
    /// # Errors
    /// When the socket is not connected any more.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    fn socket(&self) -> &TcpStream {
        match &self.transport {
            Transport::Tcp(socket) => socket,
            Transport::Tls(session) => session.get_ref().0,
            Transport::Origin(session) => session.get_ref().0.socket(),
        }
    }
}

impl From<TcpStream> for Stream {
    fn from(socket: TcpStream) -> Self {
        Self::new(Transport::Tcp(socket))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.pending.is_empty() {
            let length = self.pending.len().min(buffer.remaining());
            buffer.put_slice(&self.pending[..length]);
            self.pending.advance(length);
            if self.pending.is_empty() {
                self.pending = Bytes::new(); // lets go of the memory behind the last byte
            }
            return Poll::Ready(Ok(()));
        }
        match &mut self.transport {
            Transport::Tcp(socket) => Pin::new(socket).poll_read(context, buffer),
            Transport::Tls(session) => Pin::new(session).poll_read(context, buffer),
            Transport::Origin(session) => Pin::new(session).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Tcp(socket) => Pin::new(socket).poll_write(context, bytes),
            Transport::Tls(session) => Pin::new(session).poll_write(context, bytes),
            Transport::Origin(session) => Pin::new(session).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Tcp(socket) => Pin::new(socket).poll_write_vectored(context, slices),
            Transport::Tls(session) => Pin::new(session).poll_write_vectored(context, slices),
            Transport::Origin(session) => Pin::new(session).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Tcp(socket) => socket.is_write_vectored(),
            Transport::Tls(session) => session.is_write_vectored(),
            Transport::Origin(session) => session.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Tcp(socket) => Pin::new(socket).poll_flush(context),
            Transport::Tls(session) => Pin::new(session).poll_flush(context),
            Transport::Origin(session) => Pin::new(session).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Tcp(socket) => Pin::new(socket).poll_shutdown(context),
            Transport::Tls(session) => Pin::new(session).poll_shutdown(context),
            Transport::Origin(session) => Pin::new(session).poll_shutdown(context),
        }
    }
}
