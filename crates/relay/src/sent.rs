//! What a target is shown of us when a connection begins: kept with the connection, so that requests
//! which use it again find it there.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use capture::Fingerprints;
use compact_str::CompactString;
use fingerprint::{Read, client_hello, http2};
use rotation::ProjectEntry;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a target has been shown.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) tls: Option<Fingerprints>,
    /// Known once the first request has been written.
    http2: OnceLock<CompactString>,
}

/// A stream, of which the first bytes that are written to it are looked at.
pub(crate) struct Watched<S> {
    stream: S,
    /// Until they have told everything.
    watch: Option<(Vec<u8>, Arc<Sent>)>,
}

// === impl Sent ===

impl Sent {
    /// Reads the `ClientHello` that was written. `None`: nobody looks into what this project does. Another
    /// version of it, in which somebody does, has connections of its own.
    pub(crate) fn of(project: &ProjectEntry, hello: &[u8]) -> Option<Arc<Self>> {
        if project.spec.inspection.permille == 0 {
            return None;
        }
        let tls = match client_hello::read(hello) {
            Ok(Read::Whole(hello)) => {
                Some(Fingerprints { ja3: hello.ja3_hash(), ja4: hello.ja4() })
            }
            _ => None,
        };
        Some(Arc::new(Self { tls, http2: OnceLock::new() }))
    }

    /// Akamai's string, where HTTP/2 is spoken.
    pub(crate) fn http2(&self) -> Option<CompactString> {
        self.http2.get().cloned()
    }
}

// === impl Watched ===

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, sent: Option<&Arc<Sent>>) -> Self {
        Self { stream, watch: sent.map(|sent| (Vec::new(), Arc::clone(sent))) }
    }

    fn see(&mut self, slices: &[IoSlice<'_>], mut count: usize) {
        let Some((seen, sent)) = &mut self.watch else { return };
        for slice in slices {
            let part = &slice[..count.min(slice.len())];
            seen.extend_from_slice(part);
            count -= part.len();
        }
        match http2::read(seen) {
            Ok(Read::NeedsMore) => return,
            Ok(Read::Whole(preface)) => {
                sent.http2.get_or_init(|| preface.akamai().into());
            }
            Err(error) => tracing::debug!(%error, "our own HTTP/2 is not understood"),
        }
        self.watch = None;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.see(&[IoSlice::new(bytes)], count);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices))?;
        self.see(slices, count);
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
