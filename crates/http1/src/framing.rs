//! Where a body ends: the one answer that all readers of a message must agree on.

use crate::error::FramingError;
use crate::fields::Fields;
use crate::head::Version;

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks, up to one of size 0.
    Chunked,
    /// Up to the end of the connection; responses only.
    UntilClose,
}

/// What the fields announce, if anything.
pub(crate) fn of(fields: &Fields, version: Version) -> Result<Option<Framing>, FramingError> {
    let mut codings = fields.get_all("transfer-encoding");
    let mut lengths = fields.get_all("content-length");
    match (codings.next(), lengths.next()) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(FramingError::LengthAndCoding),
        (Some(_), None) if version == Version::Http10 => Err(FramingError::CodingNotAllowed),
        (Some(coding), None) => {
            let is_plain = coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
            is_plain.then_some(Some(Framing::Chunked)).ok_or(FramingError::Coding)
        }
        (None, Some(length)) => {
            let length = number(length).filter(|_| lengths.next().is_none());
            length.map(Framing::Length).map(Some).ok_or(FramingError::Length)
        }
    }
}

/// `0`, or 1-19 digits without a leading zero.
fn number(digits: &[u8]) -> Option<u64> {
    let is_plain = match digits {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < 19 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    if is_plain { digits.iter().try_fold(0, add) } else { None }
}

/// RFC 9112 section 9.3.
pub(crate) fn keeps_alive(fields: &Fields, version: Version) -> bool {
    let mut keep = version == Version::Http11;
    for token in fields.connection_tokens() {
        if token.eq_ignore_ascii_case("close") {
            return false;
        }
        keep |= token.eq_ignore_ascii_case("keep-alive");
    }
    keep
}
