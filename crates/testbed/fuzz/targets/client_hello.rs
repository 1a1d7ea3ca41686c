//! What TLS clients send first: the same hello from records of any size, and no panic.
#![no_main]

use fingerprint::{LIMIT, NotTls, Read, client_hello};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // As it is, it is seldom a record; as a message in records it comes further.
    let _ = agrees_with_its_parts(bytes);
    let whole = agrees_with_its_parts(&records(bytes, 1 << 14));
    let pieces = records(bytes, 1);
    if pieces.len() < LIMIT {
        assert_eq!(client_hello::read(&pieces), whole);
    }
    if let Ok(Read::Whole(hello)) = whole {
        assert_eq!(hello.ja4().chars().count(), 36);
        assert_eq!(hello.ja3_hash().len(), 32);
        assert_eq!(hello.ja3().matches(',').count(), 4);
    }
});

fn agrees_with_its_parts(bytes: &[u8]) -> Result<Read<client_hello::ClientHello>, NotTls> {
    let whole = client_hello::read(bytes);
    let step = bytes.len() / 64 + 1;
    for end in (0..bytes.len()).step_by(step) {
        let part = client_hello::read(&bytes[..end]);
        assert!(part == Ok(Read::NeedsMore) || part == whole, "{end}: {part:?}, {whole:?}");
    }
    if matches!(whole, Ok(Read::Whole(_))) {
        assert_eq!(client_hello::read(&[bytes, b"\x17behind"].concat()), whole);
    }
    whole
}

/// A ClientHello with this body, in records of so many bytes.
fn records(body: &[u8], size: usize) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("short input").to_be_bytes();
    let message = [&[1], &length[1..], body].concat();
    let head = |part: &[u8]| u16::try_from(part.len()).expect("a short part").to_be_bytes();
    message.chunks(size).flat_map(|part| [&[22, 3, 1], &head(part)[..], part].concat()).collect()
}
