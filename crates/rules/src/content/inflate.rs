//! gzip (RFC 1952) and deflate (RFC 1950, or RFC 1951 as some servers understood it).

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::beginning;

/// One member after another.
pub(super) fn gzip(raw: &[u8], most: usize) -> Vec<u8> {
    beginning(MultiGzDecoder::new(raw), most)
}

/// `deflate` means zlib (RFC 9110 section 8.4.1.2); servers that send it bare are still about.
pub(super) fn deflate(raw: &[u8], most: usize) -> Vec<u8> {
    match raw {
        [first, second, ..] if is_zlib(*first, *second) => beginning(ZlibDecoder::new(raw), most),
        [_, _, ..] => beginning(DeflateDecoder::new(raw), most),
        _ => Vec::new(),
    }
}

/// Method 8, and a checksum over both bytes.
fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}
