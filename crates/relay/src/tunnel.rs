//! Copies both ways until either side is done.
//!
//! An idle tunnel holds two sockets and nothing else: bytes are read into a buffer that belongs to
//! the thread, and only what the other side would not take at once is kept.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

use crate::idle::IdleWatch;

/// Bytes moved in one step.
const STEP: usize = 64 * 1024;
/// Steps taken in one direction before the other, and other tunnels, get their turn.
const STEPS_AT_ONCE: usize = 8;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; STEP].into_boxed_slice());
}

/// How a tunnel ended, and what went through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Why.
    pub(crate) why: Why,
    /// Bytes from the client that the exit took.
    pub(crate) sent: u64,
    /// Bytes from the exit that the client took.
    pub(crate) received: u64,
}

/// Why a tunnel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Both sides had said all they had to say.
    Finished,
    /// No byte moved for too long.
    Idle,
    /// The client's side broke.
    ClientBroke,
    /// The exit's side broke.
    ExitBroke,
    /// This node ends.
    Ending,
}

/// One way through a tunnel.
struct Direction {
    /// Read, and not yet taken by the other side.
    kept: BytesMut,
    state: State,
    bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The reader is at its end; the writer is yet to be told.
    Ending,
    Done,
}

/// Which side of a direction broke.
enum Broke {
    Reader,
    Writer,
}

/// Runs the tunnel between the two streams, each with the bytes that were read from it already.
pub(crate) async fn run<C, E>(
    (mut client, from_client): (C, BytesMut),
    (mut exit, from_exit): (E, BytesMut),
    idle: Duration,
    hard: &CancellationToken,
) -> Ended
where
    C: AsyncRead + AsyncWrite + Unpin,
    E: AsyncRead + AsyncWrite + Unpin,
{
    let mut up = Direction::new(from_client);
    let mut down = Direction::new(from_exit);
    let mut watch = IdleWatch::new(idle);
    let copy = poll_fn(|cx| {
        let before = up.bytes + down.bytes;
        let upward = up.poll(cx, &mut client, &mut exit);
        let downward = down.poll(cx, &mut exit, &mut client);
        let why = match (upward, downward) {
            (Poll::Ready(Err(Broke::Reader)), _) | (_, Poll::Ready(Err(Broke::Writer))) => {
                Why::ClientBroke
            }
            (Poll::Ready(Err(Broke::Writer)), _) | (_, Poll::Ready(Err(Broke::Reader))) => {
                Why::ExitBroke
            }
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => Why::Finished,
            _ => {
                let moved = up.bytes + down.bytes != before;
                ready!(watch.poll(cx, moved));
                Why::Idle
            }
        };
        Poll::Ready(why)
    });
    let why = tokio::select! {
        biased;
        why = copy => why,
        () = hard.cancelled() => Why::Ending,
    };
    Ended { why, sent: up.bytes, received: down.bytes }
}

// === impl Direction ===

impl Direction {
    fn new(kept: BytesMut) -> Self {
        Self { kept, state: State::Open, bytes: 0 }
    }

    fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut R,
        writer: &mut W,
    ) -> Poll<Result<(), Broke>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        for _ in 0..STEPS_AT_ONCE {
            ready!(self.poll_kept(cx, writer))?;
            match self.state {
                State::Open => ready!(self.poll_step(cx, reader, writer))?,
                State::Ending => {
                    // The reader said its last byte: half-close, and let the other way go on.
                    ready!(Pin::new(&mut *writer).poll_shutdown(cx)).or(Err(Broke::Writer))?;
                    self.state = State::Done;
                }
                State::Done => return Poll::Ready(Ok(())),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes what was kept from an earlier step.
    fn poll_kept<W>(&mut self, cx: &mut Context<'_>, writer: &mut W) -> Poll<Result<(), Broke>>
    where
        W: AsyncWrite + Unpin,
    {
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
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            match Pin::new(reader).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Broke::Reader)),
                // A TLS stream may hold bytes back until it is flushed.
                Poll::Pending => {
                    if let Poll::Ready(Err(_)) = Pin::new(writer).poll_flush(cx) {
                        return Poll::Ready(Err(Broke::Writer));
                    }
                    return Poll::Pending;
                }
            }
            let bytes = buffer.filled();
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
        })
    }
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

#[cfg(test)]
mod tests;
