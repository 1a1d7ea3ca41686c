//! The beginning of content, decoded: what ban rules with an eye on the text look at.

mod inflate;
mod zstd;

use std::borrow::Cow;
use std::io::Read;

use http1::Fields;
use smallvec::SmallVec;

use crate::answer::MOST_RAW;

/// Codings around one content that are taken off; more are no honest answer.
const MOST_CODINGS: usize = 3;

/// A content coding (RFC 9110 section 8.4.1, RFC 7932, RFC 8878).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// The codings of an answer in the order in which they were applied; `None` when one is unknown, or
/// when they are too many.
pub(crate) fn codings(fields: &Fields) -> Option<SmallVec<[Coding; MOST_CODINGS]>> {
    let mut found = SmallVec::new();
    let lists = fields.get_all("content-encoding");
    for name in lists.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii) {
        match name.to_ascii_lowercase().as_slice() {
            b"" | b"identity" => {}
            b"gzip" | b"x-gzip" => found.push(Coding::Gzip),
            b"deflate" => found.push(Coding::Deflate),
            b"br" => found.push(Coding::Brotli),
            b"zstd" => found.push(Coding::Zstd),
            _ => return None,
        }
    }
    (found.len() <= MOST_CODINGS).then_some(found)
}

/// At most `most` bytes of what `raw`, the beginning of a content, is without the codings that the fields
/// name, and whether there would be more. `None`: in a coding that is not known, or in none.
#[must_use]
pub fn opened(fields: &Fields, raw: &[u8], most: usize) -> Option<(Vec<u8>, bool)> {
    let codings = codings(fields).filter(|codings| !codings.is_empty())?;
    let (bytes, is_capped) = decode(&codings, &raw[..raw.len().min(MOST_RAW)], most);
    Some((bytes.into_owned(), is_capped))
}

/// At most `most` bytes of what `raw` is the beginning of, and whether there would be more however
/// little of it came. What cannot be decoded ends it.
pub(crate) fn decode<'a>(codings: &[Coding], raw: &'a [u8], most: usize) -> (Cow<'a, [u8]>, bool) {
    let mut bytes = Cow::Borrowed(raw);
    let mut capped = false;
    for (left, coding) in codings.iter().enumerate().rev() {
        // What is still coded is held to the same bound as what came.
        let most = if left == 0 { most } else { MOST_RAW };
        let decoded = one(*coding, &bytes, most);
        capped |= decoded.len() == most;
        bytes = Cow::Owned(decoded);
    }
    if bytes.len() >= most {
        capped = true;
        bytes = match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[..most]),
            Cow::Owned(mut bytes) => {
                bytes.truncate(most);
                Cow::Owned(bytes)
            }
        };
    }
    (bytes, capped)
}

fn one(coding: Coding, raw: &[u8], most: usize) -> Vec<u8> {
    match coding {
        Coding::Gzip => inflate::gzip(raw, most),
        Coding::Deflate => inflate::deflate(raw, most),
        Coding::Brotli => beginning(brotli_decompressor::Decompressor::new(raw, 4096), most),
        Coding::Zstd => zstd::decode(raw, most),
    }
}

/// What a decoder gives before it is done, breaks off, or has given `most` bytes.
fn beginning(mut decoder: impl Read, most: usize) -> Vec<u8> {
    let mut out = vec![0; most.min(8192)];
    let mut filled = 0;
    while filled < most {
        if filled == out.len() {
            out.resize(most.min(out.len() * 2), 0);
        }
        match decoder.read(&mut out[filled..]) {
            Ok(count) if count > 0 => filled += count,
            _done => break,
        }
    }
    out.truncate(filled);
    out
}

#[cfg(test)]
pub(crate) mod tests;
