//! Moves one message body from a reader to a writer, decoded and framed anew.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http1::{BodyDecoder, BodyError, Framing, Piece};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::io::poll_read_buf;

use crate::sample::Tap;

/// Bytes asked of the reader at a time: what a writer that is slow makes us hold.
const STEP: usize = 16 * 1024;

/// How the body is framed for the writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reframe {
    /// As bytes: the length has been announced, or the end of the stream is the end.
    Plain,
    /// In chunks.
    Chunked,
}

/// Why a body did not arrive whole.
#[derive(Debug)]
pub(crate) enum CopyError {
    /// The reader's stream broke or ended early.
    Read(io::Error),
    /// The reader's framing is wrong.
    Framing(BodyError),
    /// The writer's stream broke.
    Write,
}

/// The state of one body on its way.
pub(crate) struct BodyCopy {
    decoder: BodyDecoder,
    reframe: Reframe,
    /// Framed and not yet written: what could not be written at once.
    output: BytesMut,
    piece: Bytes,
    ended: bool,
    /// Whether trailers go on behind chunks.
    keeps_trailers: bool,
    /// Where the beginning is copied to, when somebody wants to see it.
    pub(crate) tap: Option<Tap>,
    /// Whether the writer has been given anything: before that, all can still be taken back.
    pub(crate) begun: bool,
    /// Bytes of the body that have been read.
    pub(crate) bytes: u64,
    /// Bytes that the writer has taken, framing included.
    pub(crate) written: u64,
    /// Grows with every byte that is read or written: a slow writer is not an idle one.
    pub(crate) moved: u64,
}

// === impl BodyCopy ===

impl BodyCopy {
    pub(crate) fn new(framing: Framing, reframe: Reframe) -> Self {
        let decoder = BodyDecoder::new(framing);
        let ended = decoder.is_done();
        let (output, piece) = (BytesMut::new(), Bytes::new());
        Self {
            decoder,
            reframe,
            output,
            piece,
            ended,
            keeps_trailers: false,
            tap: None,
            begun: false,
            bytes: 0,
            written: 0,
            moved: 0,
        }
    }

    /// Passes trailers on: those who speak HTTP/2 on both sides know what they are.
    pub(crate) fn keep_trailers(&mut self) {
        self.keeps_trailers = true;
    }

    /// Puts bytes (a head) in front of the body, so that both leave in one write.
    pub(crate) fn prepend(&mut self, head: BytesMut) {
        self.output = head;
    }

    /// Whether all has been read and written.
    pub(crate) fn is_done(&self) -> bool {
        self.ended && self.output.is_empty() && self.piece.is_empty()
    }

    /// Whether all that has been read is written: it is the reader who keeps us waiting.
    pub(crate) fn owes_nothing(&self) -> bool {
        self.output.is_empty() && self.piece.is_empty()
    }

    /// Moves what can be moved. `input` holds what has been read ahead from `from`; bytes behind
    /// the body stay in it.
    pub(crate) fn poll_copy<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        (from, input): (&mut R, &mut BytesMut),
        to: &mut W,
    ) -> Poll<Result<(), CopyError>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        loop {
            let starved = self.take_from(input)?;
            ready!(self.poll_write(cx, to))?;
            if self.ended {
                return Pin::new(to)
                    .poll_flush(cx)
                    .map(|flushed| flushed.or(Err(CopyError::Write)));
            }
            if starved {
                ready!(self.poll_fill(cx, from, input))?;
            }
        }
    }

    /// Decodes what is in `input` until there is something to write; whether more must be read.
    fn take_from(&mut self, input: &mut BytesMut) -> Result<bool, CopyError> {
        while !self.ended && self.piece.is_empty() && !input.is_empty() {
            match self.decoder.decode(input).map_err(CopyError::Framing)? {
                Some(Piece::Data(data)) => self.frame(data),
                Some(Piece::End) => self.end(),
                None => return Ok(true),
            }
        }
        Ok(input.is_empty())
    }

    fn frame(&mut self, data: Bytes) {
        self.bytes += data.len() as u64;
        self.moved += data.len() as u64;
        if let Some(tap) = &mut self.tap {
            tap.see(&data);
        }
        match self.reframe {
            Reframe::Chunked => http1::chunk::write(&mut self.output, &data),
            // A small piece behind a head joins it, a large one is written from where it lies.
            Reframe::Plain if !self.output.is_empty() && data.len() <= 16 * 1024 => {
                self.output.extend_from_slice(&data);
            }
            Reframe::Plain => self.piece = data,
        }
        if self.decoder.is_done() {
            self.end();
        }
    }

    fn end(&mut self) {
        let already = std::mem::replace(&mut self.ended, true);
        if self.reframe == Reframe::Plain || already {
            return;
        }
        match self.decoder.take_trailers().filter(|_| self.keeps_trailers) {
            Some(trailers) => http1::chunk::write_last_with(&mut self.output, &trailers),
            None => http1::chunk::write_last(&mut self.output),
        }
    }

    fn poll_write<W>(&mut self, cx: &mut Context<'_>, to: &mut W) -> Poll<Result<(), CopyError>>
    where
        W: AsyncWrite + Unpin,
    {
        while !self.output.is_empty() {
            let written = ready!(poll_some(cx, to, &self.output)).or(Err(CopyError::Write))?;
            self.output.advance(written);
            self.wrote(written);
        }
        if self.reframe == Reframe::Plain {
            // A head is written once, and what it took is not needed again.
            self.output = BytesMut::new();
        }
        while !self.piece.is_empty() {
            let written = ready!(poll_some(cx, to, &self.piece)).or(Err(CopyError::Write))?;
            self.piece.advance(written);
            self.wrote(written);
        }
        // Even an empty piece would keep the buffer it was read into from being used again.
        self.piece = Bytes::new();
        Poll::Ready(Ok(()))
    }

    fn wrote(&mut self, bytes: usize) {
        self.begun = true;
        self.written += bytes as u64;
        self.moved += bytes as u64;
    }

    fn poll_fill<R>(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut R,
        input: &mut BytesMut,
    ) -> Poll<Result<(), CopyError>>
    where
        R: AsyncRead + Unpin,
    {
        input.reserve(STEP);
        let read = ready!(poll_read_buf(Pin::new(from), cx, input)).map_err(CopyError::Read)?;
        if read == 0 {
            self.decoder.end_of_stream().map_err(CopyError::Framing)?;
            self.end();
        }
        Poll::Ready(Ok(()))
    }
}

fn poll_some<W>(cx: &mut Context<'_>, to: &mut W, bytes: &[u8]) -> Poll<io::Result<usize>>
where
    W: AsyncWrite + Unpin,
{
    match ready!(Pin::new(to).poll_write(cx, bytes))? {
        0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        written => Poll::Ready(Ok(written)),
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncReadExt, duplex, empty};

    use super::*;

    #[tokio::test]
    async fn what_a_slow_writer_takes_is_a_move() {
        let (mut far, mut near) = duplex(10);
        let mut input = BytesMut::from(&[7; 300][..]);
        let mut copy = BodyCopy::new(Framing::Length(300), Reframe::Plain);
        let mut context = Context::from_waker(Waker::noop());
        let mut moved = 0;
        while !copy.is_done() {
            let _ = copy.poll_copy(&mut context, (&mut empty(), &mut input), &mut near);
            assert!(copy.moved > moved);
            moved = copy.moved;
            far.read_exact(&mut [0; 10]).await.unwrap();
        }
        assert_eq!(copy.bytes, 300);
    }
}
