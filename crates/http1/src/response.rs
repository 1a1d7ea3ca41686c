//! Heads of responses.

use bytes::{Bytes, BytesMut};

use crate::alphabet::is_value;
use crate::error::{FramingError, HeadError};
use crate::fields::{self, Fields};
use crate::framing::{self, Framing};
use crate::head::{self, Limits, Span, Version};

/// The head of a response. A clone shares its bytes.
#[derive(Debug, Clone)]
pub struct ResponseHead {
    bytes: Bytes,
    status: u16,
    reason: Span,
    version: Version,
    fields: Fields,
}

/// Takes one head off the front of `buffer`; `None`, and nothing taken, while it is not all there.
///
/// # Errors
/// Any [`HeadError`] that a response can have, as soon as it is certain.
pub fn parse(buffer: &mut BytesMut, limits: &Limits) -> Result<Option<ResponseHead>, HeadError> {
    let is_http = buffer.iter().zip(b"HTTP/").all(|(sent, wanted)| sent == wanted);
    if !is_http {
        return Err(HeadError::FirstLine);
    }
    let window = &buffer[..buffer.len().min(limits.head_bytes)];
    let too_large =
        || if buffer.len() >= limits.head_bytes { Err(HeadError::TooLarge) } else { Ok(None) };
    let Some((end, next)) = head::line(window, 0)? else { return too_large() };
    let (version, status, reason) = first_line(&window[..end])?;
    let Some((lines, length)) = fields::parse(window, next, limits)? else { return too_large() };
    let bytes = buffer.split_to(length).freeze();
    let fields = Fields::new(bytes.clone(), lines);
    Ok(Some(ResponseHead { bytes, status, reason, version, fields }))
}

/// `HTTP-version SP 3DIGIT [ SP reason ]`: the space before an empty reason is often forgotten, and
/// nobody is harmed by that.
fn first_line(line: &[u8]) -> Result<(Version, u16, Span), HeadError> {
    let (version, rest) = line.split_at_checked(8).ok_or(HeadError::FirstLine)?;
    let version = Version::parse(version)?;
    let [b' ', a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', reason @ ..] = rest else {
        return Err(HeadError::FirstLine);
    };
    let digit = |byte: &u8| u16::from(byte - b'0');
    let status = digit(a) * 100 + digit(b) * 10 + digit(c);
    let reason_at = match reason {
        [] => line.len(),
        [b' ', text @ ..] if is_value(text) => 13,
        _ => return Err(HeadError::FirstLine),
    };
    Ok((version, status, Span::new(reason_at, line.len())))
}

impl ResponseHead {
    /// 100-999.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase, as sent.
    #[must_use]
    pub fn reason(&self) -> &[u8] {
        self.reason.of(&self.bytes)
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Bytes of the whole head.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a head is never empty")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How its body is framed, given the method of the request (RFC 9112 section 6.3).
    ///
    /// # Errors
    /// Any [`FramingError`]; a 2xx to CONNECT has no body whatever it says, and no error.
    pub fn framing(&self, request_method: &str) -> Result<Framing, FramingError> {
        if request_method == "CONNECT" && (200..300).contains(&self.status) {
            return Ok(Framing::None);
        }
        let announced = framing::of(&self.fields, self.version)?;
        let is_bare = self.status < 200 || self.status == 204;
        if is_bare && self.fields.get("transfer-encoding").is_some() {
            return Err(FramingError::CodingNotAllowed);
        }
        if is_bare || self.status == 304 || request_method == "HEAD" {
            return Ok(Framing::None);
        }
        Ok(announced.unwrap_or(Framing::UntilClose))
    }

    /// Whether the sender means to go on after this response (RFC 9112 section 9.3).
    #[must_use]
    pub fn wants_keep_alive(&self) -> bool {
        framing::keeps_alive(&self.fields, self.version)
    }
}
