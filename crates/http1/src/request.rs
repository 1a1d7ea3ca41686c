//! Heads of requests.

use bytes::{Buf, Bytes, BytesMut};

use crate::alphabet::{is_target, is_token};
use crate::error::{FramingError, HeadError};
use crate::fields::{self, Fields};
use crate::framing::{self, Framing};
use crate::head::{self, Limits, Span, Version};

/// The longest method there is any reason to pass on.
const LONGEST_METHOD: usize = 32;

/// The head of a request. A clone shares its bytes.
#[derive(Debug, Clone)]
pub struct RequestHead {
    bytes: Bytes,
    method: Span,
    target: Span,
    version: Version,
    fields: Fields,
}

/// Takes one head off the front of `buffer`; `None`, and nothing taken, while it is not all there.
/// Empty lines in front of it are skipped (RFC 9112 section 2.2): all of them, because a limit would
/// depend on how many arrive at a time. They are taken from the buffer even when there is no head.
///
/// # Errors
/// Any [`HeadError`], as soon as it is certain.
pub fn parse(buffer: &mut BytesMut, limits: &Limits) -> Result<Option<RequestHead>, HeadError> {
    let empty = buffer.chunks(2).take_while(|line| *line == b"\r\n").count();
    buffer.advance(2 * empty);
    let Some(found) = find(buffer, limits)? else { return Ok(None) };
    let bytes = buffer.split_to(found.length).freeze();
    Ok(Some(RequestHead {
        method: found.method,
        target: found.target,
        version: found.version,
        fields: Fields::new(bytes.clone(), found.lines),
        bytes,
    }))
}

struct Found {
    method: Span,
    target: Span,
    version: Version,
    lines: fields::Lines,
    length: usize,
}

fn find(bytes: &[u8], limits: &Limits) -> Result<Option<Found>, HeadError> {
    let window = &bytes[..bytes.len().min(limits.head_bytes)];
    let Some((end, next)) = head::line(window, 0)? else {
        return incomplete_line(window, limits).map(|()| None);
    };
    let (method, target, version) = first_line(&window[..end], limits)?;
    match fields::parse(window, next, limits)? {
        Some((lines, length)) => Ok(Some(Found { method, target, version, lines, length })),
        None if window.len() >= limits.head_bytes => Err(HeadError::TooLarge),
        None => Ok(None),
    }
}

/// What can be said of a first line that is not all there.
fn incomplete_line(bytes: &[u8], limits: &Limits) -> Result<(), HeadError> {
    let Some(space) = memchr::memchr(b' ', bytes) else {
        let known = &bytes[..bytes.len().min(LONGEST_METHOD + 1)];
        return match known {
            [] | b"\r" => Ok(()),
            known if !is_token(known) => Err(HeadError::FirstLine),
            known if known.len() > LONGEST_METHOD => Err(HeadError::Method),
            known if known.len() >= limits.head_bytes => Err(HeadError::TooLarge),
            _ => Ok(()),
        };
    };
    if !is_token(&bytes[..space]) {
        return Err(HeadError::FirstLine);
    }
    if space > LONGEST_METHOD {
        return Err(HeadError::Method);
    }
    let rest = &bytes[space + 1..];
    let target = memchr::memchr(b' ', rest).unwrap_or(rest.len());
    if target > limits.target_bytes {
        return Err(HeadError::TargetTooLong);
    }
    if bytes.len() >= limits.head_bytes {
        return Err(HeadError::TooLarge);
    }
    Ok(())
}

/// `method SP request-target SP HTTP-version`, single spaces.
fn first_line(line: &[u8], limits: &Limits) -> Result<(Span, Span, Version), HeadError> {
    let first = memchr::memchr(b' ', line).ok_or(HeadError::FirstLine)?;
    let last = memchr::memrchr(b' ', line).ok_or(HeadError::FirstLine)?;
    if first == last || !is_token(&line[..first]) {
        return Err(HeadError::FirstLine);
    }
    let target = &line[first + 1..last];
    if target.len() > limits.target_bytes {
        return Err(HeadError::TargetTooLong);
    }
    if !is_target(target) {
        return Err(HeadError::FirstLine);
    }
    let version = Version::parse(&line[last + 1..])?;
    if first > LONGEST_METHOD {
        return Err(HeadError::Method);
    }
    Ok((Span::new(0, first), Span::new(first + 1, last), version))
}

impl RequestHead {
    /// The method, as sent: methods are case-sensitive.
    #[must_use]
    pub fn method(&self) -> &str {
        head::ascii(self.method.of(&self.bytes))
    }

    /// The target, as sent: visible ASCII.
    #[must_use]
    pub fn target(&self) -> &str {
        head::ascii(self.target.of(&self.bytes))
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

    /// How its body is framed (RFC 9112 section 6.3): none, a length, chunks.
    ///
    /// # Errors
    /// Any [`FramingError`]: whatever two readers could read in two ways.
    pub fn framing(&self) -> Result<Framing, FramingError> {
        framing::of(&self.fields, self.version).map(|framing| framing.unwrap_or(Framing::None))
    }

    /// Whether the client means to go on after this request (RFC 9112 section 9.3).
    #[must_use]
    pub fn wants_keep_alive(&self) -> bool {
        framing::keeps_alive(&self.fields, self.version)
    }
}
