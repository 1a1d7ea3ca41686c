//! HTTP/2 at both edges: what a stream carries is read and written as HTTP/1.1, so that between the
//! edges there is one kind of message, one way of checking it, and one path.

pub(crate) mod incoming;
mod outgoing;
mod serve;
pub(crate) mod fields;
mod sender;
mod budget;

pub(crate) use incoming::Incoming;
pub(crate) use outgoing::{Outgoing, connect};
pub(crate) use serve::serve;

/// Bytes of fields that are taken, in both directions: as many as in HTTP/1.1.
const MOST_FIELD_BYTES: u32 = 64 * 1024;
/// Bytes that may be under way in one stream, and in all streams of a connection together.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Bytes of one stream that wait to be sent, besides what the system holds: there may be a hundred.
const SEND_BUFFER: usize = 64 * 1024;
