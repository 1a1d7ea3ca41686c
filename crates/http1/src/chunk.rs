//! Chunks as we write them: no extensions.

use bytes::{BufMut, BytesMut};

use crate::fields::Fields;
use crate::writer::HeadWriter;

/// Writes `data` as one chunk; an empty one is left out, because it would end the body.
pub fn write(out: &mut BytesMut, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    out.reserve(data.len() + 20);
    let mut digits = [0; 16];
    let mut start = digits.len();
    let mut left = data.len();
    while left > 0 {
        start -= 1;
        digits[start] = b"0123456789abcdef"[left & 15];
        left >>= 4;
    }
    out.put_slice(&digits[start..]);
    out.put_slice(b"\r\n");
    out.put_slice(data);
    out.put_slice(b"\r\n");
}

/// Writes the chunk that ends the body.
pub fn write_last(out: &mut BytesMut) {
    out.put_slice(b"0\r\n\r\n");
}

/// Writes the chunk that ends the body, and trailers behind it.
pub fn write_last_with(out: &mut BytesMut, trailers: &Fields) {
    out.put_slice(b"0\r\n");
    let mut writer = HeadWriter::new(out);
    for (name, value) in trailers.iter() {
        writer.field(name, value);
    }
    writer.end();
}
