//! Pipes through which bytes go from socket to socket without being copied (splice(2)), lent only
//! while they go.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};

use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Bytes that a pipe takes at once.
const ROOM: usize = 256 * 1024;
/// Pipes of one thread that are lent at once. Two descriptors each: they are among the tenth that a
/// node does not give to clients and exits.
const MOST: usize = 64;
/// Pipes of one thread that wait for the next direction that streams.
const KEPT: usize = 8;

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { kept: Vec::new(), lent: 0 }) };
}

struct Pool {
    kept: Vec<Ends>,
    lent: usize,
}

struct Ends {
    reader: OwnedFd,
    writer: OwnedFd,
}

/// A stream that may be a bare socket.
pub(crate) trait MaybeSocket {
    /// The socket, where nothing stands between it and the bytes of the stream.
    fn as_tcp(&self) -> Option<&TcpStream>;
}

impl MaybeSocket for dial::Stream {
    fn as_tcp(&self) -> Option<&TcpStream> {
        Self::as_tcp(self)
    }
}

/// A pipe of this thread's. Dropped, it is there for others, unless there are bytes in it.
pub(super) struct Pipe {
    ends: Option<Ends>,
    holds: usize,
}

impl Pipe {
    /// A pipe with nothing in it; `None` when too many are lent, or there is none to be had.
    pub(super) fn borrow() -> Option<Self> {
        POOL.with_borrow_mut(|pool| {
            if pool.lent >= MOST {
                return None;
            }
            let ends = pool.kept.pop().or_else(|| Ends::new().ok())?;
            pool.lent += 1;
            Some(Self { ends: Some(ends), holds: 0 })
        })
    }

    /// Whether all that was taken in has gone out again.
    pub(super) fn is_empty(&self) -> bool {
        self.holds == 0
    }

    /// Takes in what the socket has, as far as there is room; 0 at the end of its stream. For an empty
    /// pipe: one that is full would look like a socket that has nothing.
    pub(super) fn fill(&mut self, from: &TcpStream) -> io::Result<usize> {
        let ends = self.ends.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        self.holds = from.try_io(Interest::READABLE, || pass(from, &ends.writer, ROOM))?;
        Ok(self.holds)
    }

    /// Gives the socket what it takes of what is in the pipe, and says how much that was.
    pub(super) fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        to: &TcpStream,
    ) -> Poll<io::Result<usize>> {
        let ends = self.ends.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        loop {
            ready!(to.poll_write_ready(cx))?;
            match to.try_io(Interest::WRITABLE, || pass(&ends.reader, to, self.holds)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(count) => {
                    self.holds -= count;
                    return Poll::Ready(Ok(count));
                }
            }
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let ends = self.ends.take().filter(|_| self.holds == 0);
        // The thread may be ending: then all of them are closed.
        let _gone = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            pool.lent -= 1;
            if pool.kept.len() < KEPT {
                pool.kept.extend(ends);
            }
        });
    }
}

impl Ends {
    fn new() -> io::Result<Self> {
        let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        // Whoever has many pipes already gets small ones, which do as well.
        let _smaller = fcntl_setpipe_size(&writer, ROOM);
        Ok(Self { reader, writer })
    }
}

fn pass(from: impl AsFd, to: impl AsFd, most: usize) -> io::Result<usize> {
    let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
    Ok(splice(from, None, to, None, most, flags)?)
}

/// Pipes of this thread that are lent.
#[cfg(test)]
pub(super) fn lent() -> usize {
    POOL.with_borrow(|pool| pool.lent)
}

/// Pipes of this thread that wait.
#[cfg(test)]
pub(super) fn kept() -> usize {
    POOL.with_borrow(|pool| pool.kept.len())
}
