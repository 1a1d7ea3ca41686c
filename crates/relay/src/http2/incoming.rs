//! One stream of a client's HTTP/2 connection, as if it were a connection of HTTP/1.1 with one
//! request on it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use h2::RecvStream;
use h2::server::SendResponse;
use http1::{Framing, Limits, response};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::fields;
use super::sender::{Sender, broken};

/// Reads the body of the request, writes the answer. The head has been read already.
pub(crate) struct Incoming {
    body: Received,
    respond: SendResponse<Bytes>,
    answer: Answer,
    is_head: bool,
}

/// What of an answer has been written.
enum Answer {
    /// A part of its head.
    Head(BytesMut),
    Body(Sender),
    Done,
}

/// The data of a stream, in the framing of HTTP/1.1.
pub(super) struct Received {
    stream: RecvStream,
    is_chunked: bool,
    /// Framed and not yet read.
    framed: BytesMut,
    /// Read from the stream as it is, and not yet read from us.
    plain: Bytes,
    state: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Data,
    Trailers,
    Done,
}

// === impl Received ===

impl Received {
    pub(super) fn new(stream: RecvStream, is_chunked: bool) -> Self {
        let (framed, plain) = (BytesMut::new(), Bytes::new());
        Self { stream, is_chunked, framed, plain, state: Reading::Data }
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if give(&mut self.framed, buffer) || give(&mut self.plain, buffer) {
                return Poll::Ready(Ok(()));
            }
            match self.state {
                Reading::Data => match ready!(self.stream.poll_data(cx)) {
                    Some(Ok(data)) => self.take(data)?,
                    Some(Err(error)) => return Poll::Ready(Err(broken(error))),
                    None => self.state = Reading::Trailers,
                },
                Reading::Trailers => {
                    let trailers = ready!(self.stream.poll_trailers(cx)).map_err(broken)?;
                    self.end(&trailers.unwrap_or_default());
                }
                Reading::Done => return Poll::Ready(Ok(())),
            }
        }
    }

    fn end(&mut self, trailers: &http::HeaderMap) {
        self.state = Reading::Done;
        if self.is_chunked {
            fields::write_trailers(trailers, &mut self.framed);
        }
    }

    fn take(&mut self, data: Bytes) -> io::Result<()> {
        self.stream.flow_control().release_capacity(data.len()).map_err(broken)?;
        if self.is_chunked {
            http1::chunk::write(&mut self.framed, &data);
        } else {
            self.plain = data;
        }
        Ok(())
    }
}

/// Moves bytes to whoever reads; whether there were any.
pub(crate) fn give(bytes: &mut impl Buf, buffer: &mut ReadBuf<'_>) -> bool {
    let length = bytes.remaining().min(buffer.remaining());
    if length == 0 {
        return false;
    }
    let taken = bytes.copy_to_bytes(length);
    buffer.put_slice(&taken);
    true
}

// === impl Incoming ===

impl Incoming {
    /// `is_chunked` says how the head announces the body.
    pub(super) fn new(
        stream: RecvStream,
        respond: SendResponse<Bytes>,
        (is_chunked, is_head): (bool, bool),
    ) -> Self {
        let body = Received::new(stream, is_chunked);
        Self { body, respond, answer: Answer::Head(BytesMut::new()), is_head }
    }

    /// Waits until the client does not want the answer any more, or is gone altogether.
    pub(crate) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.answer {
            Answer::Head(_) => self.respond.poll_reset(cx).map(drop),
            Answer::Body(sender) => sender.poll_gone(cx),
            Answer::Done => Poll::Pending,
        }
    }

    /// Takes bytes of a head; the answer begins when it is whole.
    fn take_head(&mut self) -> io::Result<()> {
        while let Answer::Head(bytes) = &mut self.answer {
            if bytes.is_empty() {
                break;
            }
            let head = response::parse(bytes, &Limits::default()).map_err(io::Error::other)?;
            let Some(head) = head else { break };
            let answer = fields::response(&head)?;
            if head.status() < 200 {
                self.respond.send_informational(answer).map_err(broken)?;
                continue;
            }
            let method = if self.is_head { "HEAD" } else { "GET" };
            let framing = head.framing(method).map_err(io::Error::other)?;
            let is_empty = matches!(framing, Framing::None | Framing::Length(0));
            let rest = std::mem::take(bytes);
            let stream = self.respond.send_response(answer, is_empty).map_err(broken)?;
            if is_empty {
                self.answer = Answer::Done;
                break;
            }
            debug_assert!(rest.is_empty(), "a head is written on its own");
            self.answer = Answer::Body(Sender::new(stream, framing));
        }
        Ok(())
    }
}

impl AsyncRead for Incoming {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_mut().body.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Incoming {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match &mut this.answer {
            Answer::Head(head) => {
                // Up to the end of the head: what follows needs room at the client.
                let end = end_of_head(head, bytes);
                head.extend_from_slice(&bytes[..end]);
                this.take_head()?;
                Poll::Ready(Ok(end))
            }
            Answer::Body(sender) => sender.poll_write(cx, bytes),
            Answer::Done => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Nobody is waited for, as on a connection of its own: the next stream is another one.
        this.body.state = Reading::Done;
        match &mut this.answer {
            Answer::Head(_) => this.respond.send_reset(h2::Reason::INTERNAL_ERROR),
            Answer::Body(sender) => sender.end()?,
            Answer::Done => {}
        }
        this.answer = Answer::Done;
        Poll::Ready(Ok(()))
    }
}

/// How many of `bytes` belong to the head of which `begun` has come before: all, unless its empty
/// line is among them.
pub(crate) fn end_of_head(begun: &[u8], bytes: &[u8]) -> usize {
    const END: &[u8] = b"\r\n\r\n";
    let tail = &begun[begun.len().saturating_sub(END.len() - 1)..];
    let across = (1..END.len())
        .rev()
        .find(|have| tail.ends_with(&END[..*have]) && bytes.starts_with(&END[*have..]));
    match across {
        Some(have) => END.len() - have,
        None => memchr::memmem::find(bytes, END).map_or(bytes.len(), |at| at + END.len()),
    }
}
