//! Takes a body apart as it arrives.

use bytes::{Buf, Bytes, BytesMut};

use crate::error::BodyError;
use crate::fields::{self, Fields};
use crate::framing::Framing;
use crate::head::Limits;

/// Extensions of all chunks together, and trailers.
const MOST_EXTRA: usize = 16 * 1024;
/// Digits of a chunk size.
const MOST_DIGITS: usize = 16;

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the content: never empty.
    Data(Bytes),
    /// That was all. Trailers have been checked; they can be [taken](BodyDecoder::take_trailers).
    End,
}

/// The state of one body on its way in.
#[derive(Debug, Clone)]
pub struct BodyDecoder {
    state: State,
    /// Bytes of extensions and trailers so far.
    extra: usize,
    trailers: Option<Box<Fields>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Length(u64),
    UntilClose,
    /// At the beginning of a chunk-size line.
    Size,
    Data(u64),
    /// At the CRLF behind the data of a chunk.
    DataEnd,
    Trailers,
    Done,
}

impl BodyDecoder {
    /// A decoder at the beginning of a body.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::None | Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Size,
            Framing::UntilClose => State::UntilClose,
        };
        Self { state, extra: 0, trailers: None }
    }

    /// Whether the body is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The trailers of a body that is over, if it had any. Nobody must take them for fields of the
    /// head.
    pub fn take_trailers(&mut self) -> Option<Fields> {
        self.trailers.take().map(|trailers| *trailers)
    }

    /// The next piece that is in `buffer`; `None` when more bytes are needed. What stands behind
    /// the body stays in the buffer.
    ///
    /// # Errors
    /// Any [`BodyError`] but `Truncated`; the connection cannot go on.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Piece>, BodyError> {
        loop {
            let is_past = match self.state {
                State::Done => return Ok(Some(Piece::End)),
                State::UntilClose => return Ok(take(buffer, u64::MAX)),
                State::Length(left) => return Ok(self.data(buffer, left, State::Length)),
                State::Data(left) => return Ok(self.data(buffer, left, State::Data)),
                State::Size => self.size(buffer)?,
                State::DataEnd => self.data_end(buffer)?,
                State::Trailers => self.trailers(buffer)?,
            };
            if !is_past {
                return Ok(None);
            }
        }
    }

    /// The stream has ended.
    ///
    /// # Errors
    /// [`BodyError::Truncated`], unless that is how the body ends.
    pub fn end_of_stream(&mut self) -> Result<(), BodyError> {
        if !matches!(self.state, State::UntilClose | State::Done) {
            return Err(BodyError::Truncated);
        }
        self.state = State::Done;
        Ok(())
    }

    fn data(&mut self, buffer: &mut BytesMut, left: u64, state: fn(u64) -> State) -> Option<Piece> {
        let piece = take(buffer, left)?;
        if let Piece::Data(data) = &piece {
            let left = left - data.len() as u64;
            self.state = match (left, state(left)) {
                (0, State::Data(_)) => State::DataEnd,
                (0, _) => State::Done,
                (_, state) => state,
            };
        }
        Some(piece)
    }

    /// A chunk-size line: hexadecimal digits, and extensions that are checked and dropped.
    fn size(&mut self, buffer: &mut BytesMut) -> Result<bool, BodyError> {
        let Some(feed) = memchr::memchr(b'\n', buffer) else {
            let extension = extension_so_far(buffer)?;
            return self.may_grow(extension.len()).map(|()| false);
        };
        let line = buffer[..feed].strip_suffix(b"\r").ok_or(BodyError::ChunkEnd)?;
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let size = hexadecimal(&line[..digits]).ok_or(BodyError::ChunkSize)?;
        let extension = &line[digits..];
        check_extension(extension)?;
        self.may_grow(extension.len())?;
        self.extra += extension.len();
        buffer.advance(feed + 1);
        self.state = if size == 0 { State::Trailers } else { State::Data(size) };
        Ok(true)
    }

    fn data_end(&mut self, buffer: &mut BytesMut) -> Result<bool, BodyError> {
        match &buffer[..buffer.len().min(2)] {
            b"\r\n" => {
                buffer.advance(2);
                self.state = State::Size;
                Ok(true)
            }
            b"" | b"\r" => Ok(false),
            _ => Err(BodyError::ChunkEnd),
        }
    }

    fn trailers(&mut self, buffer: &mut BytesMut) -> Result<bool, BodyError> {
        let limits = Limits { head_bytes: MOST_EXTRA, ..Limits::default() };
        let window = &buffer[..buffer.len().min(MOST_EXTRA)];
        match fields::parse(window, 0, &limits).or(Err(BodyError::Trailer))? {
            Some((lines, length)) => {
                self.may_grow(length)?;
                let bytes = buffer.split_to(length).freeze();
                if !lines.is_empty() {
                    self.trailers = Some(Box::new(Fields::new(bytes, lines)));
                }
                self.state = State::Done;
                Ok(true)
            }
            None => self.may_grow(buffer.len()).map(|()| false),
        }
    }

    fn may_grow(&self, by: usize) -> Result<(), BodyError> {
        if self.extra + by > MOST_EXTRA { Err(BodyError::TooLarge) } else { Ok(()) }
    }
}

fn take(buffer: &mut BytesMut, at_most: u64) -> Option<Piece> {
    if buffer.is_empty() {
        return None;
    }
    let length = usize::try_from(at_most).unwrap_or(usize::MAX).min(buffer.len());
    Some(Piece::Data(buffer.split_to(length).freeze()))
}

/// The extension of a chunk-size line that is not all there. What counts against the limit is the
/// same as of a whole line, so that the answer does not depend on how the bytes arrive.
fn extension_so_far(line: &[u8]) -> Result<&[u8], BodyError> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let is_bad = digits > MOST_DIGITS || (digits == 0 && !line.is_empty());
    if is_bad {
        return Err(BodyError::ChunkSize);
    }
    let extension = line[digits..].strip_suffix(b"\r").unwrap_or(&line[digits..]);
    check_extension(extension).map(|()| extension)
}

/// Nothing, or a semicolon and visible bytes: no space in front of it, and no control byte in it.
fn check_extension(extension: &[u8]) -> Result<(), BodyError> {
    let is_visible = |byte: &u8| *byte == b'\t' || (0x20..0x7f).contains(byte) || *byte >= 0x80;
    match extension {
        [] => Ok(()),
        [b';', rest @ ..] if rest.iter().all(is_visible) => Ok(()),
        [b';', ..] => Err(BodyError::ChunkExtension),
        _ => Err(BodyError::ChunkSize),
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > MOST_DIGITS {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
