//! One stream of an HTTP/2 connection to a target, as if it were a connection of HTTP/1.1 for one
//! request.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use h2::client::{ResponseFuture, SendRequest};
use http1::{Framing, Limits, request};
use std::future::Future;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::fields::{self, Body};
use super::incoming::{Received, end_of_head};
use super::sender::{Sender, broken};
use super::{CONNECTION_WINDOW, MOST_FIELD_BYTES, SEND_BUFFER, STREAM_WINDOW};
use crate::relay::Relay;

/// Writes the request, reads the answer.
pub(crate) struct Outgoing {
    connection: SendRequest<Bytes>,
    request: Asking,
    answer: Answered,
    is_head: bool,
    /// Counts the streams of the connection.
    _place: Arc<()>,
}

/// What of the request has been written.
enum Asking {
    /// A part of its head.
    Head(BytesMut),
    Body(Sender),
    Done,
}

/// What of the answer has come.
enum Answered {
    Nothing,
    /// Its head is waited for; an interim one may not have been read.
    Waiting(Box<ResponseFuture>, BytesMut),
    /// Its head, as far as it has not been read, and its body.
    Body(BytesMut, Box<Received>),
}

/// Begins to speak HTTP/2 on a stream that has been agreed on it. The connection is served by a task
/// of its own, until nobody holds it any more.
pub(crate) async fn connect(
    relay: &Relay,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Bytes>, h2::Error> {
    let (connection, driver) = h2::client::Builder::new()
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MOST_FIELD_BYTES)
        .max_send_buffer_size(SEND_BUFFER)
        .handshake(stream)
        .await?;
    let hard = relay.hard().clone();
    relay.tracker().spawn(async move {
        let driver = Box::pin(driver);
        if let Some(Err(error)) = hard.run_until_cancelled(driver).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "a target's HTTP/2 broke");
        }
    });
    Ok(connection)
}

// === impl Outgoing ===

impl Outgoing {
    pub(crate) fn new(connection: SendRequest<Bytes>, place: Arc<()>) -> Self {
        let (request, answer) = (Asking::Head(BytesMut::new()), Answered::Nothing);
        Self { connection, request, answer, is_head: false, _place: place }
    }

    fn poll_head(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.connection.poll_ready(cx)).map_err(broken)?;
        let Asking::Head(begun) = &mut self.request else { return Poll::Ready(Ok(0)) };
        let end = end_of_head(begun, bytes);
        begun.extend_from_slice(&bytes[..end]);
        let head = request::parse(begun, &Limits::default()).map_err(io::Error::other)?;
        let Some(head) = head else { return Poll::Ready(Ok(end)) };
        let framing = fields::framing(&head)?;
        let is_empty = matches!(framing, Framing::None | Framing::Length(0));
        self.is_head = head.method() == "HEAD";
        let sent = self.connection.send_request(fields::request(&head)?, is_empty);
        let (response, stream) = sent.map_err(broken)?;
        self.answer = Answered::Waiting(Box::new(response), BytesMut::new());
        self.request =
            if is_empty { Asking::Done } else { Asking::Body(Sender::new(stream, framing)) };
        Poll::Ready(Ok(end))
    }

    /// Waits for a head, final or not, and writes it down.
    fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Answered::Waiting(response, interim) = &mut self.answer else {
            return Poll::Ready(Ok(()));
        };
        if let Poll::Ready(Some(Ok(early))) = response.poll_informational(cx) {
            fields::write_response(&early, Body::OfHead, interim);
            return Poll::Ready(Ok(()));
        }
        let (head, stream) =
            ready!(Pin::new(&mut **response).poll(cx)).map_err(broken)?.into_parts();
        let mut bytes = std::mem::take(interim);
        let body = match (self.is_head, stream.is_end_stream()) {
            (true, _) => Body::OfHead,
            (_, true) => Body::Empty,
            (_, false) => Body::Streams,
        };
        let head = http::Response::from_parts(head, ());
        fields::write_response(&head, body, &mut bytes);
        let has_length = head.headers().contains_key(http::header::CONTENT_LENGTH);
        let received = Received::new(stream, body == Body::Streams && !has_length);
        self.answer = Answered::Body(bytes, Box::new(received));
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Outgoing {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.answer {
                // Whoever reads has not asked yet, and will wake up for that.
                Answered::Nothing => return Poll::Pending,
                Answered::Waiting(_, head) | Answered::Body(head, _) if !head.is_empty() => {
                    let length = head.len().min(buffer.remaining());
                    buffer.put_slice(&head[..length]);
                    head.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Answered::Waiting(..) => ready!(this.poll_response(cx))?,
                Answered::Body(_, body) => return body.poll_read(cx, buffer),
            }
        }
    }
}

impl AsyncWrite for Outgoing {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match &mut this.request {
            Asking::Head(_) => this.poll_head(cx, bytes),
            Asking::Body(sender) => sender.poll_write(cx, bytes),
            Asking::Done => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Asking::Body(sender) = &mut self.get_mut().request {
            sender.end()?;
        }
        Poll::Ready(Ok(()))
    }
}
