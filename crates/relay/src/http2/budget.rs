//! Counts what a client sends that moves nothing: control frames and empty data are cheap to send
//! and not to answer, and no limit of HTTP/2 itself is in their way.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};

use h2::Reason;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Such frames that may come at once, and that are given back in a second.
const AT_ONCE: u32 = 1000;
const A_SECOND: u32 = 100;
/// Bytes in front of the first frame (RFC 9113 section 3.4).
const PREFACE: usize = 24;
/// Bytes of a frame's head.
const HEAD: usize = 9;
/// The flag of settings that answer settings.
const ACK: u8 = 1;

/// A stream whose frames are counted on their way in.
pub(super) struct Budget<S> {
    stream: S,
    /// Bytes to pass before the next head.
    skip: usize,
    head: [u8; HEAD],
    have: usize,
    left: u32,
    since: Instant,
    is_first: bool,
    fault: Fault,
}

/// What is wrong with a client, once something is.
#[derive(Debug, Clone, Default)]
pub(super) struct Fault(Arc<AtomicU32>);

impl Fault {
    pub(super) fn get(&self) -> Option<Reason> {
        let reason = Reason::from(self.0.load(Ordering::Relaxed));
        (reason != Reason::NO_ERROR).then_some(reason)
    }

    fn set(&self, reason: Reason) {
        self.0.store(reason.into(), Ordering::Relaxed);
    }
}

impl<S> Budget<S> {
    /// `fault` is set when the client has sent too many, or does not begin as it should.
    pub(super) fn new(stream: S, fault: Fault) -> Self {
        let (head, left, since) = ([0; HEAD], AT_ONCE, Instant::now());
        Self { stream, skip: PREFACE, head, have: 0, left, since, is_first: true, fault }
    }

    fn count(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let taken = (HEAD - self.have).min(bytes.len());
            self.head[self.have..self.have + taken].copy_from_slice(&bytes[..taken]);
            self.have += taken;
            bytes = &bytes[taken..];
            if self.have == HEAD {
                self.have = 0;
                self.begin();
            }
        }
    }

    /// The head of a frame is whole.
    fn begin(&mut self) {
        const SETTINGS: u8 = 4;
        let [a, b, c, kind, flags, ..] = self.head;
        if std::mem::take(&mut self.is_first) && (kind, flags & ACK) != (SETTINGS, 0) {
            self.fault.set(Reason::PROTOCOL_ERROR);
        }
        self.skip = u32::from_be_bytes([0, a, b, c]) as usize;
        if moves_nothing(kind, flags, self.skip) {
            self.spend();
        }
    }

    fn spend(&mut self) {
        if self.left == 0 {
            let now = Instant::now();
            let earned = (now - self.since).as_millis() * u128::from(A_SECOND) / 1000;
            if earned == 0 {
                self.fault.set(Reason::ENHANCE_YOUR_CALM);
                return;
            }
            self.left = u32::try_from(earned).unwrap_or(AT_ONCE).min(AT_ONCE);
            self.since = now;
        }
        self.left -= 1;
    }
}

/// Whether a frame of this kind brings neither data nor a request nor room for more.
fn moves_nothing(kind: u8, flags: u8, length: usize) -> bool {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const WINDOW_UPDATE: u8 = 8;
    const END_STREAM: u8 = 1;
    match kind {
        DATA => length == 0 && flags & END_STREAM == 0,
        HEADERS | WINDOW_UPDATE => false,
        _ => true,
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Budget<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.count(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Budget<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts frames that come in pieces of so many bytes.
    fn is_spent_after(frames: &[[u8; 9]], payload: usize, step: usize) -> bool {
        let fault = Fault::default();
        let mut budget = Budget::new(tokio::io::empty(), fault.clone());
        let mut bytes = vec![0; PREFACE];
        // Settings count, too.
        bytes.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
        for frame in frames {
            bytes.extend_from_slice(frame);
            bytes.resize(bytes.len() + payload, 0);
        }
        bytes.chunks(step).for_each(|piece| budget.count(piece));
        fault.get() == Some(Reason::ENHANCE_YOUR_CALM)
    }

    #[tokio::test(start_paused = true)]
    async fn what_moves_nothing_runs_out() {
        let (ping, data, empty) =
            ([0, 0, 8, 6, 0, 0, 0, 0, 0], [0, 0, 8, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 0, 1]);
        for step in [1, 7, 4096] {
            assert!(!is_spent_after(&[ping; 999], 8, step));
            assert!(is_spent_after(&[ping; 1000], 8, step));
            assert!(!is_spent_after(&vec![data; 5000], 8, step));
            assert!(is_spent_after(&[empty; 1001], 0, step));
        }
    }
}
