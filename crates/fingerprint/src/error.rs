//! Why bytes are not what they were taken for.

/// Why bytes are no `ClientHello` that can be read. No byte of theirs is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTls {
    /// A record of another content type than handshake (22).
    #[error("not a handshake record")]
    NotHandshake,
    /// A record whose version is not 3.x.
    #[error("not a version of TLS records")]
    RecordVersion,
    /// A record that is empty or longer than 2^14 bytes (RFC 8446 section 5.1).
    #[error("a record has a length it may not have")]
    RecordLength,
    /// A handshake message of another type than `client_hello` (1).
    #[error("the first message is not a ClientHello")]
    NotClientHello,
    /// More than [`LIMIT`](crate::LIMIT) bytes, records included.
    #[error("the ClientHello is too large")]
    TooLarge,
    /// Lengths that do not fit together (RFC 8446 section 4.1.2), in the part that is named.
    #[error("the {0} of the ClientHello cannot be read")]
    Malformed(&'static str),
}

/// Why bytes are no beginning of HTTP/2 that can be read. No byte of theirs is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotHttp2 {
    /// Something other than the preface that clients send (RFC 9113 section 3.4).
    #[error("not the preface of HTTP/2")]
    Preface,
    /// The first frame is no SETTINGS.
    #[error("the first frame is not SETTINGS")]
    NoSettings,
    /// A frame of more than 2^14 bytes, or of a length that its type cannot have.
    #[error("a frame has a length it may not have")]
    FrameLength,
    /// A frame on a stream where its type may not be, or between HEADERS and CONTINUATION.
    #[error("a frame is out of place")]
    FrameOrder,
    /// A header block that is no HPACK (RFC 7541).
    #[error("the header block cannot be read")]
    Headers,
    /// More than [`LIMIT`](crate::LIMIT) bytes before the first request is whole.
    #[error("the first request is too large")]
    TooLarge,
}
