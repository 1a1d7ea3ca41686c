//! What HTTP/2 clients send first: no panic, and no reading that later bytes change.
#![no_main]

use fingerprint::{NotHttp2, Preface, Read, http2};
use libfuzzer_sys::fuzz_target;

const MAGIC: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

fuzz_target!(|bytes: &[u8]| {
    let _ = agrees_with_its_parts(bytes);
    let _ = agrees_with_its_parts(&[MAGIC, bytes].concat());
    // As the first header block.
    if let Ok(length) = u16::try_from(bytes.len()) {
        let head = [&[0], &length.to_be_bytes()[..], &[1, 4, 0, 0, 0, 1]].concat();
        let _ = agrees_with_its_parts(&[MAGIC, SETTINGS, &head, bytes].concat());
    }
});

fn agrees_with_its_parts(bytes: &[u8]) -> Result<Read<Preface>, NotHttp2> {
    let whole = http2::read(bytes);
    let step = bytes.len() / 64 + 1;
    for end in (0..bytes.len()).step_by(step) {
        let part = http2::read(&bytes[..end]);
        assert!(part == Ok(Read::NeedsMore) || part == whole, "{end}: {part:?}, {whole:?}");
    }
    if let Ok(Read::Whole(preface)) = &whole {
        assert_eq!(http2::read(&[bytes, b"behind"].concat()), whole);
        assert!(preface.akamai().matches('|').count() >= 3);
    }
    whole
}
