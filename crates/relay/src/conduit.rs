//! What a request is written to: a connection of HTTP/1.1, or a stream of HTTP/2 that looks like one.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::http2::Outgoing;
use crate::tunnel::MaybeSocket;
use crate::worn;

/// The way to an exit or a target.
pub(crate) enum Conduit {
    Http1(dial::Stream),
    Http2(Box<Outgoing>),
    /// As a browser.
    Worn(Box<worn::Stream>),
}

impl Conduit {
    pub(crate) fn is_http2(&self) -> bool {
        match self {
            Self::Http1(_) => false,
            Self::Http2(_) => true,
            Self::Worn(stream) => stream.is_http2(),
        }
    }
}

impl MaybeSocket for Conduit {
    fn as_tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Http1(stream) => stream.as_tcp(),
            Self::Http2(_) | Self::Worn(_) => None,
        }
    }
}

impl AsyncRead for Conduit {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Http1(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Http2(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Worn(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Conduit {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Http1(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Http2(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Worn(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Http1(stream) => Pin::new(stream).poll_flush(cx),
            Self::Http2(stream) => Pin::new(stream).poll_flush(cx),
            Self::Worn(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Http1(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Http2(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Worn(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
