//! What request and response heads have in common: limits, versions, lines.

use crate::error::HeadError;

/// How large a head may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole head, the empty line included: 65,536.
    pub head_bytes: usize,
    /// Field lines: 100.
    pub fields: usize,
    /// Bytes of the target of a request: 16,384.
    pub target_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head_bytes: 65_536, fields: 100, target_bytes: 16_384 }
    }
}

/// The versions that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `HTTP/1.0`
    Http10,
    /// `HTTP/1.1`
    Http11,
}

impl Version {
    /// Reads `HTTP/1.0` or `HTTP/1.1`.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, HeadError> {
        match text {
            b"HTTP/1.1" => Ok(Self::Http11),
            b"HTTP/1.0" => Ok(Self::Http10),
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
                if major.is_ascii_digit() && minor.is_ascii_digit() =>
            {
                Err(HeadError::Version)
            }
            _ => Err(HeadError::FirstLine),
        }
    }
}

/// A piece of the head, by its place in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// Heads are far below 4 GiB: what is longer than its limit has been refused before.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end) }
    }

    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.end as usize]
    }
}

/// The line that begins at `start`: its end, without CRLF, and where the next one begins. `None`
/// when it is not all there.
pub(crate) fn line(bytes: &[u8], start: usize) -> Result<Option<(usize, usize)>, HeadError> {
    let Some(length) = memchr::memchr(b'\n', &bytes[start..]) else { return Ok(None) };
    let feed = start + length;
    if length == 0 || bytes[feed - 1] != b'\r' {
        return Err(HeadError::LineEnd);
    }
    Ok(Some((feed - 1, feed + 1)))
}

/// Text that has been checked to be ASCII when it was parsed.
pub(crate) fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
