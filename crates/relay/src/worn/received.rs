//! The body of an answer that a disguise received, in the framing of HTTP/1.1.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use disguise::Incoming;
use http_body::Body;
use tokio::io::ReadBuf;

use super::stream::broken;
use crate::http2::{fields, incoming::give};

/// A body as it is read.
pub(super) struct Received {
    body: Incoming,
    is_chunked: bool,
    /// Framed and not yet read.
    framed: BytesMut,
    /// As it came, and not yet read.
    plain: Bytes,
    is_over: bool,
}

/// Whether there was more of a body.
pub(super) enum More {
    Some,
    None,
}

impl Received {
    pub(super) fn new(body: Incoming, is_chunked: bool) -> Self {
        Self { body, is_chunked, framed: BytesMut::new(), plain: Bytes::new(), is_over: false }
    }

    /// Whether all of it has been read.
    pub(super) fn is_read(&self) -> bool {
        self.is_over && self.framed.is_empty() && self.plain.is_empty()
    }

    /// Puts something into `buffer`, if there is more.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<More>> {
        while !give(&mut self.framed, buffer) && !give(&mut self.plain, buffer) {
            if self.is_over {
                return Poll::Ready(Ok(More::None));
            }
            ready!(self.poll_more(cx))?;
        }
        Poll::Ready(Ok(More::Some))
    }

    /// Waits for the end, whatever comes before it: the next request can be sent only behind it.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_over {
            ready!(self.poll_more(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut trailers = http::HeaderMap::new();
        match ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose().map_err(broken)? {
            None => self.is_over = true,
            Some(frame) => match frame.into_data() {
                Ok(data) if self.is_chunked => http1::chunk::write(&mut self.framed, &data),
                Ok(data) => self.plain = data,
                Err(frame) => {
                    self.is_over = true;
                    trailers = frame.into_trailers().unwrap_or_default();
                }
            },
        }
        if self.is_over && self.is_chunked {
            fields::write_trailers(&trailers, &mut self.framed);
        }
        Poll::Ready(Ok(()))
    }
}
