//! Heads as we write them.

use bytes::{BufMut, BytesMut};

/// Writes a head at the end of a buffer. Parts are written as they are: whoever calls this has
/// them from a parser, or has written them himself.
#[derive(Debug)]
pub struct HeadWriter<'a>(&'a mut BytesMut);

impl<'a> HeadWriter<'a> {
    /// A writer that appends to `out`.
    pub fn new(out: &'a mut BytesMut) -> Self {
        Self(out)
    }

    /// `METHOD target HTTP/1.1`; the target in pieces that are joined.
    pub fn request_line(&mut self, method: &str, target: &[&str]) {
        self.0.put_slice(method.as_bytes());
        self.0.put_u8(b' ');
        for piece in target {
            debug_assert!(!piece.contains(['\r', '\n', ' ']), "a target that is no target");
            self.0.put_slice(piece.as_bytes());
        }
        self.0.put_slice(b" HTTP/1.1\r\n");
    }

    /// `HTTP/1.1 status reason`.
    pub fn status_line(&mut self, status: u16, reason: &[u8]) {
        let digit = |number: u16| b'0' + u8::try_from(number % 10).unwrap_or(0);
        self.0.put_slice(b"HTTP/1.1 ");
        self.0.put_slice(&[digit(status / 100), digit(status / 10), digit(status), b' ']);
        self.0.put_slice(reason);
        self.0.put_slice(b"\r\n");
    }

    /// `name: value`.
    pub fn field(&mut self, name: impl AsRef<[u8]>, value: &[u8]) {
        debug_assert!(memchr::memchr2(b'\r', b'\n', value).is_none(), "a value of two lines");
        self.0.put_slice(name.as_ref());
        self.0.put_slice(b": ");
        self.0.put_slice(value);
        self.0.put_slice(b"\r\n");
    }

    /// The empty line.
    pub fn end(self) {
        self.0.put_slice(b"\r\n");
    }
}
