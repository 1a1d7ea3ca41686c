//! A body that arrives in the framing of HTTP/1.1 and leaves as the data of a stream.

use std::io;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use h2::SendStream;
use http1::{BodyDecoder, Framing, Piece};

use super::fields;

/// Bytes that are taken at a time.
const STEP: usize = 64 * 1024;
/// A step that may be nothing but framing.
const SMALL: usize = 64;

/// The sending half of a stream, and where its body ends.
pub(super) struct Sender {
    stream: SendStream<Bytes>,
    decoder: BodyDecoder,
    /// Framing of which the rest has not come.
    input: BytesMut,
    ended: bool,
}

impl Sender {
    pub(super) fn new(stream: SendStream<Bytes>, framing: Framing) -> Self {
        let decoder = BodyDecoder::new(framing);
        Self { stream, decoder, input: BytesMut::new(), ended: false }
    }

    /// Takes as many bytes as the other side has room for.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.ended || bytes.is_empty() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let most = if self.is_framing_only(bytes) {
            bytes.len()
        } else {
            ready!(self.poll_room(cx, bytes.len().min(STEP)))?.min(bytes.len())
        };
        if self.input.is_empty() {
            // Of its own size: what waits to be sent would hold on to room that was made for more.
            self.input = BytesMut::with_capacity(most);
        }
        self.input.extend_from_slice(&bytes[..most]);
        self.send_decoded()?;
        Poll::Ready(Ok(most))
    }

    /// Waits until the other side does not want any more of it.
    pub(super) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_reset(cx).map(drop)
    }

    /// The end of an HTTP/1.1 stream: that of a body without another end.
    pub(super) fn end(&mut self) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        if self.decoder.end_of_stream().is_err() {
            self.stream.send_reset(h2::Reason::INTERNAL_ERROR);
            self.ended = true;
            return Ok(());
        }
        self.finish()
    }

    /// Whether the bytes hold no data, so that they need no room: they may be the end, for which
    /// there always is.
    fn is_framing_only(&self, bytes: &[u8]) -> bool {
        if bytes.len() > SMALL {
            return false;
        }
        let (mut decoder, mut input) = (self.decoder.clone(), self.input.clone());
        input.extend_from_slice(bytes);
        !matches!(decoder.decode(&mut input), Ok(Some(Piece::Data(_))))
    }

    fn poll_room(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<io::Result<usize>> {
        self.stream.reserve_capacity(wanted);
        loop {
            let room = self.stream.capacity();
            if room > 0 {
                return Poll::Ready(Ok(room));
            }
            match ready!(self.stream.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
                None => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            }
        }
    }

    fn send_decoded(&mut self) -> io::Result<()> {
        while !self.ended {
            match self.decoder.decode(&mut self.input).map_err(io::Error::other)? {
                Some(Piece::Data(data)) => {
                    let is_last = self.decoder.is_done();
                    self.ended = is_last;
                    self.stream.send_data(data, is_last).map_err(broken)?;
                }
                Some(Piece::End) => self.finish()?,
                None => break,
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.ended = true;
        match self.decoder.take_trailers() {
            Some(trailers) => self.stream.send_trailers(fields::trailers(&trailers)?),
            None => self.stream.send_data(Bytes::new(), true),
        }
        .map_err(broken)
    }
}

/// What HTTP/2 calls an error, as a stream of bytes does.
pub(super) fn broken(error: h2::Error) -> io::Error {
    if error.is_io() {
        return error.into_io().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into());
    }
    io::Error::new(io::ErrorKind::ConnectionReset, error)
}
