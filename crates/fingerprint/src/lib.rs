#![doc = include_str!("../README.md")]

pub mod client_hello;
pub mod http2;
mod grease;
mod hex;
mod cursor;
mod error;

pub use client_hello::ClientHello;
pub use error::{NotHttp2, NotTls};
pub use http2::Preface;

/// So many bytes are looked at; what is not whole by then is refused.
pub const LIMIT: usize = 64 * 1024;

/// What came of reading the bytes that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<T> {
    /// All that was asked for.
    Whole(T),
    /// Nothing wrong so far: ask again with these bytes and those that follow.
    NeedsMore,
}
