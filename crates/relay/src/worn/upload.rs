//! The body of a request on its way into a disguise: it comes in the framing of HTTP/1.1.

use std::collections::VecDeque;
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use http1::{BodyDecoder, Framing, Piece};
use tokio::sync::mpsc;
use tokio_util::sync::{PollSendError, PollSender};

use crate::http2::fields;
use crate::scratch::STEP;

/// Pieces that wait for the connection.
const WAITING: usize = 2;

enum Part {
    Data(Bytes),
    Trailers(HeaderMap),
    /// Without it, what has come is not the whole body, unless its length is known: then nobody
    /// waits for this.
    End,
}

/// Where a body is written to.
pub(super) struct Upload {
    parts: PollSender<Part>,
    decoder: BodyDecoder,
    input: BytesMut,
    waiting: VecDeque<Part>,
    is_whole: bool,
    /// Whether the other end knows by itself when it has everything.
    has_length: bool,
}

/// Where the connection takes it from.
pub(super) struct Body {
    parts: mpsc::Receiver<Part>,
    /// Bytes that are still to come, where that is known.
    left: Option<u64>,
    is_over: bool,
}

/// The client has not sent all of its body.
#[derive(Debug, thiserror::Error)]
#[error("the body of the request ended in its middle")]
struct CutOff;

/// Both ends of a body that is framed like this.
pub(super) fn body(framing: Framing) -> (Upload, Body) {
    let (sender, parts) = mpsc::channel(WAITING);
    let decoder = BodyDecoder::new(framing);
    let (is_over, left) = match framing {
        Framing::None => (true, Some(0)),
        Framing::Length(length) => (length == 0, Some(length)),
        Framing::Chunked | Framing::UntilClose => (false, None),
    };
    let parts_in = PollSender::new(sender);
    let (input, waiting) = (BytesMut::new(), VecDeque::new());
    let (is_whole, has_length) = (is_over, left.is_some());
    let upload = Upload { parts: parts_in, decoder, input, waiting, is_whole, has_length };
    (upload, Body { parts, left, is_over })
}

// === impl Upload ===

impl Upload {
    /// Takes some bytes when those before have gone on.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(cx))?;
        if self.is_whole {
            return Poll::Ready(Ok(bytes.len()));
        }
        let taken = &bytes[..bytes.len().min(STEP)];
        self.input.extend_from_slice(taken);
        self.decode()?;
        if let Poll::Ready(Err(error)) = self.poll_flush(cx) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(taken.len()))
    }

    /// Whether all of it has been taken.
    pub(super) fn is_done(&self) -> bool {
        self.is_whole && self.waiting.is_empty()
    }

    /// Passes on what has been decoded.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            ready!(self.parts.poll_reserve(cx)).map_err(gone)?;
            if let Some(part) = self.waiting.pop_front() {
                self.parts.send_item(part).map_err(gone)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn decode(&mut self) -> io::Result<()> {
        let mut content = BytesMut::new();
        while !self.is_whole {
            match self.decoder.decode(&mut self.input).map_err(io::Error::other)? {
                Some(Piece::Data(data)) => {
                    content.extend_from_slice(&data);
                    self.is_whole = self.decoder.is_done();
                }
                Some(Piece::End) => self.is_whole = true,
                None => break,
            }
        }
        if !content.is_empty() {
            self.waiting.push_back(Part::Data(content.freeze()));
        }
        if self.is_whole && !self.has_length {
            if let Some(trailers) = self.decoder.take_trailers() {
                self.waiting.push_back(Part::Trailers(fields::trailers(&trailers)?));
            }
            self.waiting.push_back(Part::End);
        }
        Ok(())
    }
}

/// Nobody takes it any more; what it was is no part of an error.
fn gone(_: PollSendError<Part>) -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}

// === impl Body ===

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        Poll::Ready(match ready!(self.parts.poll_recv(cx)) {
            Some(Part::Data(data)) => {
                self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
                self.is_over = self.left == Some(0);
                Some(Ok(Frame::data(data)))
            }
            Some(Part::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Some(Part::End) => {
                self.is_over = true;
                None
            }
            None => Some(Err(CutOff.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
