//! A buffer of the thread, so that who has sent little holds little.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes that are read in one step at most.
pub(crate) const STEP: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; STEP].into_boxed_slice());
}

/// Lends the buffer. What is in it is left over from anybody.
pub(crate) fn with<T>(borrow: impl FnOnce(&mut [u8]) -> T) -> T {
    SCRATCH.with_borrow_mut(|scratch| borrow(scratch))
}

/// Reads once, `most` bytes at most, and adds them to `input`, which holds no more room than they
/// take; 0 at the end of the stream.
pub(crate) fn poll_read<R>(
    cx: &mut Context<'_>,
    from: &mut R,
    (input, most): (&mut BytesMut, usize),
) -> Poll<io::Result<usize>>
where
    R: AsyncRead + Unpin,
{
    with(|scratch| {
        let mut buffer = ReadBuf::new(&mut scratch[..most]);
        ready!(Pin::new(from).poll_read(cx, &mut buffer))?;
        input.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    })
}
