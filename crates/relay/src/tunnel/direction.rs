//! One direction of a tunnel: what one side says, to the other.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::pipe::{MaybeSocket, Pipe};
use crate::scratch;

/// Steps taken in one direction before the other, and other tunnels, get their turn.
const STEPS_AT_ONCE: usize = 8;
/// A step that brings less than this is no stream: copying costs less than asking for a pipe.
const LITTLE: usize = 16 * 1024;

/// One way through a tunnel.
pub(super) struct Direction {
    /// Read, and not yet taken by the other side.
    kept: BytesMut,
    /// Lent while there is something in it.
    pipe: Option<Pipe>,
    /// Whether there was so much last time that bytes should not be copied.
    streams: bool,
    state: State,
    /// Bytes that the writer has taken.
    pub(super) bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The reader is at its end; the writer is yet to be told.
    Ending,
    Done,
    /// The writer takes no more.
    Broken,
}

/// Which side of a direction broke.
pub(super) enum Broke {
    Reader,
    Writer,
}

// === impl Direction ===

impl Direction {
    pub(super) fn new(kept: BytesMut) -> Self {
        Self { kept, pipe: None, streams: false, state: State::Open, bytes: 0 }
    }

    /// Whether its reader is at its end, and its writer knows.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Moves what can be moved; ready when nothing more will. `is_last`: the other way is done.
    pub(super) fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        (reader, writer): (&mut R, &mut W),
        is_last: bool,
    ) -> Poll<Result<(), Broke>>
    where
        R: AsyncRead + MaybeSocket + Unpin,
        W: AsyncWrite + MaybeSocket + Unpin,
    {
        let result = ready!(self.poll_steps(cx, (reader, writer), is_last));
        if let Err(Broke::Writer) = result {
            self.state = State::Broken;
            (self.kept, self.pipe) = (BytesMut::new(), None);
        }
        Poll::Ready(result)
    }

    fn poll_steps<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        (reader, writer): (&mut R, &mut W),
        is_last: bool,
    ) -> Poll<Result<(), Broke>>
    where
        R: AsyncRead + MaybeSocket + Unpin,
        W: AsyncWrite + MaybeSocket + Unpin,
    {
        for _ in 0..STEPS_AT_ONCE {
            ready!(self.poll_kept(cx, writer))?;
            match self.state {
                State::Open => match (reader.as_tcp(), writer.as_tcp()) {
                    (Some(from), Some(to)) if self.streams => {
                        ready!(self.poll_splice(cx, from, to))?;
                    }
                    _ => ready!(self.poll_step(cx, reader, writer))?,
                },
                // Both sides are about to be closed, which tells this one, too.
                State::Ending if is_last && writer.as_tcp().is_some() => self.state = State::Done,
                State::Ending => {
                    // The reader said its last byte: half-close, and let the other way go on.
                    ready!(Pin::new(&mut *writer).poll_shutdown(cx)).or(Err(Broke::Writer))?;
                    self.state = State::Done;
                }
                State::Done => return Poll::Ready(Ok(())),
                State::Broken => return Poll::Ready(Err(Broke::Writer)),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes what was kept from an earlier step.
    fn poll_kept<W>(&mut self, cx: &mut Context<'_>, writer: &mut W) -> Poll<Result<(), Broke>>
    where
        W: AsyncWrite + MaybeSocket + Unpin,
    {
        if self.pipe.is_some()
            && let Some(to) = writer.as_tcp()
        {
            ready!(self.poll_pipe(cx, to))?;
        }
        while !self.kept.is_empty() {
            let written = ready!(poll_write(cx, writer, &self.kept)).or(Err(Broke::Writer))?;
            self.kept.advance(written);
            self.bytes += written as u64;
        }
        if self.kept.capacity() > 0 {
            self.kept = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Has the system move what is there from one socket to the other.
    fn poll_splice(
        &mut self,
        cx: &mut Context<'_>,
        from: &TcpStream,
        to: &TcpStream,
    ) -> Poll<Result<(), Broke>> {
        ready!(from.poll_read_ready(cx)).or(Err(Broke::Reader))?;
        let Some(mut pipe) = Pipe::borrow() else {
            self.streams = false;
            return Poll::Ready(Ok(()));
        };
        match pipe.fill(from) {
            Ok(0) => self.state = State::Ending,
            Ok(count) => {
                self.streams = count >= LITTLE;
                self.pipe = Some(pipe);
                return self.poll_pipe(cx, to);
            }
            // Nothing was there after all; the next step waits for something.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // The system has no such call, or not for us: it is copied as ever.
            Err(error) if is_refused(&error) => self.streams = false,
            Err(_) => return Poll::Ready(Err(Broke::Reader)),
        }
        Poll::Ready(Ok(()))
    }

    /// Has the system pass on what is in the pipe, which is given back as soon as it is empty.
    fn poll_pipe(&mut self, cx: &mut Context<'_>, to: &TcpStream) -> Poll<Result<(), Broke>> {
        while let Some(pipe) = self.pipe.as_mut().filter(|pipe| !pipe.is_empty()) {
            self.bytes += ready!(pipe.poll_drain(cx, to)).or(Err(Broke::Writer))? as u64;
        }
        self.pipe = None;
        Poll::Ready(Ok(()))
    }

    /// Reads once into the thread's buffer and writes what the other side takes at once.
    fn poll_step<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut R,
        writer: &mut W,
    ) -> Poll<Result<(), Broke>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        scratch::with(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            match Pin::new(reader).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) => {
                    self.streams = buffer.remaining() == 0;
                    self.pass(cx, buffer.filled(), writer)
                }
                Poll::Ready(Err(_)) => Poll::Ready(Err(Broke::Reader)),
                // A TLS stream may hold bytes back until it is flushed.
                Poll::Pending => match Pin::new(writer).poll_flush(cx) {
                    Poll::Ready(Err(_)) => Poll::Ready(Err(Broke::Writer)),
                    Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
                },
            }
        })
    }

    /// Writes what has just been read, and keeps what the writer does not take.
    fn pass<W>(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        writer: &mut W,
    ) -> Poll<Result<(), Broke>>
    where
        W: AsyncWrite + Unpin,
    {
        if bytes.is_empty() {
            self.state = State::Ending;
            return Poll::Ready(Ok(()));
        }
        let written = match poll_write(cx, writer, bytes) {
            Poll::Ready(Ok(written)) => written,
            Poll::Ready(Err(_)) => return Poll::Ready(Err(Broke::Writer)),
            Poll::Pending => 0,
        };
        self.bytes += written as u64;
        self.kept.extend_from_slice(&bytes[written..]);
        Poll::Ready(Ok(()))
    }
}

/// Whether the system does not splice, which says nothing of the socket.
fn is_refused(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported)
}

fn poll_write<W>(cx: &mut Context<'_>, writer: &mut W, bytes: &[u8]) -> Poll<io::Result<usize>>
where
    W: AsyncWrite + Unpin,
{
    match ready!(Pin::new(writer).poll_write(cx, bytes))? {
        0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        written => Poll::Ready(Ok(written)),
    }
}
