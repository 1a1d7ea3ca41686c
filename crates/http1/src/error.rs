//! What can be wrong with a message, and the status that answers it.

/// Why a head was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Not `METHOD SP target SP HTTP/d.d`, or `HTTP/d.d SP status SP reason`.
    #[error("the first line is malformed")]
    FirstLine,
    /// A method of more than 32 bytes.
    #[error("the method is not known")]
    Method,
    /// A version other than 1.0 and 1.1.
    #[error("the HTTP version is not supported")]
    Version,
    /// A target longer than the limit.
    #[error("the target is too long")]
    TargetTooLong,
    /// A line that ends without CR, or a CR within a line.
    #[error("a line does not end with CRLF")]
    LineEnd,
    /// A name that is no token, white space around it, or a folded line.
    #[error("a field line is malformed")]
    FieldLine,
    /// A control byte in a field value.
    #[error("a field value has a control character")]
    FieldValue,
    /// More bytes or more fields than the limits allow.
    #[error("the head is too large")]
    TooLarge,
}

/// Why the framing of a message was refused: each of these is how requests are smuggled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// `Content-Length` and `Transfer-Encoding` together.
    #[error("Content-Length and Transfer-Encoding exclude each other")]
    LengthAndCoding,
    /// More than one `Content-Length`, or one that is not a plain number.
    #[error("Content-Length is not one plain number")]
    Length,
    /// A `Transfer-Encoding` that is not exactly one `chunked`.
    #[error("Transfer-Encoding is not exactly one chunked")]
    Coding,
    /// A `Transfer-Encoding` where the message cannot have one: HTTP/1.0, 1xx, 204.
    #[error("Transfer-Encoding is not allowed here")]
    CodingNotAllowed,
}

/// Why a body was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// A chunk size that is not 1-16 hexadecimal digits, or overflows.
    #[error("a chunk size is malformed")]
    ChunkSize,
    /// A chunk extension with a control byte.
    #[error("a chunk extension is malformed")]
    ChunkExtension,
    /// A chunk that is longer than its size, or a line that does not end with CRLF.
    #[error("a chunk does not end with CRLF")]
    ChunkEnd,
    /// More than 16 KiB of extensions or of trailers.
    #[error("chunk extensions or trailers are too large")]
    TooLarge,
    /// A trailer field that is malformed.
    #[error("a trailer field is malformed")]
    Trailer,
    /// The stream ended before the body did.
    #[error("the body ended early")]
    Truncated,
}

// === impl HeadError ===

impl HeadError {
    /// The status that answers a request like that.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::TargetTooLong => 414,
            Self::TooLarge => 431,
            Self::Method => 501,
            Self::Version => 505,
            Self::FirstLine | Self::LineEnd | Self::FieldLine | Self::FieldValue => 400,
        }
    }
}

// === impl FramingError ===

impl FramingError {
    /// The status that answers a request like that.
    #[must_use]
    pub fn status(self) -> u16 {
        400
    }
}
