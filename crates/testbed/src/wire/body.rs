//! The body of a message, piece by piece, and whether all of it came.

use anyhow::{Context, Result};
use bytes::{Bytes, BytesMut};

use super::Reader;

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many bytes.
    Exactly(u64),
    /// As many chunks as come, and trailers.
    Chunked,
    /// Until the sender closes.
    UntilClose,
}

/// A body that is being read.
#[derive(Debug)]
pub struct Body {
    left: Option<Length>,
    cut: bool,
    /// The fields behind the last chunk.
    pub trailers: Vec<(String, String)>,
}

/// A piece of a body.
#[derive(Debug)]
pub struct Piece {
    /// What the sender meant.
    pub data: Bytes,
    /// What was on the wire, chunk sizes and trailers included.
    pub raw: Bytes,
}

impl Body {
    /// A body of which nothing has been read.
    #[must_use]
    pub fn new(length: Length) -> Self {
        Self { left: Some(length), cut: false, trailers: Vec::new() }
    }

    /// The next piece: of a chunked body one whole chunk. `None` when there is no more, for
    /// whatever reason; [`Body::is_complete`] says which.
    ///
    /// # Errors
    /// When the connection breaks, or a chunk has no size.
    pub async fn next(&mut self, reader: &mut Reader) -> Result<Option<Piece>> {
        let piece = match self.left {
            None | Some(Length::Exactly(0)) => return Ok(None),
            Some(Length::Chunked) => return self.chunk(reader).await,
            Some(Length::UntilClose) => reader.some().await?,
            Some(Length::Exactly(left)) => {
                let piece = reader.at_most(left).await?;
                self.left = Some(Length::Exactly(left - piece.len() as u64));
                self.cut = piece.is_empty();
                piece
            }
        };
        if piece.is_empty() {
            self.left = None;
            return Ok(None);
        }
        Ok(Some(Piece { data: piece.clone(), raw: piece }))
    }

    async fn chunk(&mut self, reader: &mut Reader) -> Result<Option<Piece>> {
        let mut raw = BytesMut::from(&*reader.line().await?);
        if !raw.ends_with(b"\n") {
            return Ok(self.cut_off());
        }
        let line = String::from_utf8_lossy(&raw).into_owned();
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).with_context(|| format!("chunk {line:?}"))?;
        if size == 0 {
            return self.end_chunks(raw, reader).await;
        }
        let Ok(chunk) = reader.exactly(size + 2).await else { return Ok(self.cut_off()) };
        raw.extend_from_slice(&chunk);
        Ok(Some(Piece { data: chunk.slice(..size), raw: raw.freeze() }))
    }

    async fn end_chunks(
        &mut self,
        mut raw: BytesMut,
        reader: &mut Reader,
    ) -> Result<Option<Piece>> {
        loop {
            let line = reader.line().await?;
            raw.extend_from_slice(&line);
            if !line.ends_with(b"\n") {
                return Ok(self.cut_off());
            }
            let text = String::from_utf8_lossy(&line);
            let Some((name, value)) = text.trim_end().split_once(':') else { break };
            self.trailers.push((name.to_owned(), value.trim().to_owned()));
        }
        self.left = None;
        Ok(Some(Piece { data: Bytes::new(), raw: raw.freeze() }))
    }

    fn cut_off(&mut self) -> Option<Piece> {
        (self.left, self.cut) = (None, true);
        None
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.cut && matches!(self.left, None | Some(Length::Exactly(0)))
    }

    /// All of it, or what came of it.
    ///
    /// # Errors
    /// As [`Body::next`].
    pub async fn collect(&mut self, reader: &mut Reader) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(piece) = self.next(reader).await? {
            all.extend_from_slice(&piece.data);
        }
        Ok(all)
    }
}

/// Bytes whose value depends on where they are, so that none can be lost, doubled or swapped
/// unseen: those from `start` on.
#[must_use]
pub fn pattern(start: u64, count: usize) -> Vec<u8> {
    (start..).take(count).map(|at| (at ^ (at >> 8) ^ (at >> 17)).to_le_bytes()[0]).collect()
}

/// Frames data as one chunk.
#[must_use]
pub fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::super::Wire;
    use super::*;

    async fn read(sent: &[u8], length: Length) -> (Vec<u8>, Body) {
        let (mut there, here) = tokio::io::duplex(1 << 16);
        there.write_all(sent).await.unwrap();
        drop(there);
        let mut wire = Wire::new(Box::new(here));
        let mut body = Body::new(length);
        (body.collect(&mut wire.reader).await.unwrap(), body)
    }

    #[tokio::test]
    async fn a_body_knows_whether_it_is_all_there() {
        let (data, body) = read(b"hello, next", Length::Exactly(5)).await;
        assert_eq!((&*data, body.is_complete()), (&b"hello"[..], true));
        let (data, body) = read(b"hel", Length::Exactly(5)).await;
        assert_eq!((&*data, body.is_complete()), (&b"hel"[..], false));
        let (data, body) = read(b"hel", Length::UntilClose).await;
        assert_eq!((&*data, body.is_complete()), (&b"hel"[..], true));
    }

    #[tokio::test]
    async fn chunks_and_trailers_are_read() {
        let (data, body) =
            read(b"2;x=1\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n", Length::Chunked).await;
        assert_eq!((&*data, body.is_complete()), (&b"hello"[..], true));
        assert_eq!(body.trailers, [("A".to_owned(), "b".to_owned())]);
        for cut in [&b"2\r\nhe\r\n"[..], b"2\r\nh", b"2", b"2\r\nhe\r\n0\r\n"] {
            assert!(!read(cut, Length::Chunked).await.1.is_complete(), "{cut:?}");
        }
    }

    #[test]
    fn the_pattern_goes_on_where_it_was_left() {
        let whole = pattern(0, 100_000);
        assert_eq!(pattern(70_000, 30_000), whole[70_000..]);
        assert_ne!(whole[..256], whole[256..512]);
    }
}
