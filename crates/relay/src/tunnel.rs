//! Copies both ways until either side is done.
//!
//! An idle tunnel holds two sockets and nothing else: bytes are read into a buffer of the thread, and
//! only what the other side would not take at once is kept. Streams between bare sockets go through
//! a pipe (splice(2)), which is given back.

use std::future::poll_fn;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::flow::Flow;
use crate::idle::IdleWatch;

mod direction;
mod pipe;

pub(crate) use pipe::MaybeSocket;

use direction::{Broke, Direction};

/// How a tunnel ended, and what went through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
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
    /// The client may not come in any more as it came.
    Revoked,
    /// A cap has been reached.
    Capped,
    /// This node ends.
    Ending,
}

/// Runs the tunnel between the two streams, each with the bytes that were read from it already.
/// `flowed` is told from time to time how many went either way, and says whether more may.
pub(crate) async fn run<C, E>(
    (mut client, from_client): (C, BytesMut),
    (mut exit, from_exit): (E, BytesMut),
    idle: Duration,
    (revoked, hard): (&CancellationToken, &CancellationToken),
    flowed: impl FnMut(u64, u64) -> bool,
) -> Ended
where
    C: AsyncRead + AsyncWrite + MaybeSocket + Unpin,
    E: AsyncRead + AsyncWrite + MaybeSocket + Unpin,
{
    let (mut up, mut down) = (Direction::new(from_client), Direction::new(from_exit));
    let mut watch = IdleWatch::new(idle);
    let mut flow = Flow::new(flowed);
    let copy = poll_fn(|cx| {
        let before = up.bytes + down.bytes;
        let upward = up.poll(cx, (&mut client, &mut exit), down.is_done());
        let downward = down.poll(cx, (&mut exit, &mut client), up.is_done());
        let why = match (upward, downward) {
            (Poll::Ready(Err(Broke::Reader)), _) => Why::ClientBroke,
            (_, Poll::Ready(Err(Broke::Reader))) => Why::ExitBroke,
            // A side that takes no more may have said something before, which still has to arrive
            // (RFC 9110 section 9.3.6): that way goes on to its own end.
            (Poll::Ready(upward), Poll::Ready(downward)) => match (upward, downward) {
                (_, Err(_)) => Why::ClientBroke,
                (Err(_), _) => Why::ExitBroke,
                (Ok(()), Ok(())) => Why::Finished,
            },
            _ => {
                if !flow.goes_on(up.bytes, down.bytes) {
                    return Poll::Ready(Why::Capped);
                }
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
        () = revoked.cancelled() => Why::Revoked,
        () = hard.cancelled() => Why::Ending,
    };
    Ended { why, sent: up.bytes, received: down.bytes }
}

#[cfg(test)]
mod tests;
