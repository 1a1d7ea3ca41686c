//! Hellos as browsers send them, cut up and broken.

use proptest::prelude::*;

use super::*;
use crate::LIMIT;

/// The lists of the example in the description of JA4: Chrome 110.
const CIPHERS: [u16; 15] = [
    0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c,
    0x009d, 0x002f, 0x0035,
];
const EXTENSIONS: [u16; 16] = [
    0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b,
    0xff01, 0x000b, 0x000a, 0x0015,
];
const ALGORITHMS: [u16; 8] = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];

fn chrome() -> ClientHello {
    ClientHello {
        version: 0x0303,
        supported_versions: vec![0x6a6a, 0x0304, 0x0303],
        ciphers: [&[0x2a2a], &CIPHERS[..]].concat(),
        extensions: [&[0x1a1a], &EXTENSIONS[..], &[0xfafa]].concat(),
        groups: vec![0x3a3a, 29, 23, 24],
        point_formats: vec![0],
        signature_algorithms: ALGORITHMS.to_vec(),
        alpn: vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        server_name: Some("www.example.com".to_owned()),
        key_shares: vec![0x3a3a, 29],
    }
}

fn counted_u8(bytes: &[u8]) -> Vec<u8> {
    [&[u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

fn counted_u16(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn u16s(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn extension(hello: &ClientHello, kind: u16) -> Vec<u8> {
    match kind {
        0 => {
            let name = hello.server_name.clone().unwrap_or_default();
            counted_u16(&[&[0], &counted_u16(name.as_bytes())[..]].concat())
        }
        10 => counted_u16(&u16s(&hello.groups)),
        11 => counted_u8(&hello.point_formats),
        13 => counted_u16(&u16s(&hello.signature_algorithms)),
        16 => counted_u16(&hello.alpn.iter().flat_map(|one| counted_u8(one)).collect::<Vec<_>>()),
        43 => counted_u8(&u16s(&hello.supported_versions)),
        51 => {
            let share = |group: &u16| [&group.to_be_bytes()[..], &counted_u16(&[7; 3])].concat();
            counted_u16(&hello.key_shares.iter().flat_map(share).collect::<Vec<_>>())
        }
        _ => vec![],
    }
}

fn body(hello: &ClientHello) -> Vec<u8> {
    let extensions = hello.extensions.iter().flat_map(|kind| {
        [&kind.to_be_bytes()[..], &counted_u16(&extension(hello, *kind))].concat()
    });
    let extensions = counted_u16(&extensions.collect::<Vec<_>>());
    [
        &hello.version.to_be_bytes()[..],
        &[0xaa; 32],
        &counted_u8(&[0xbb; 32]),
        &counted_u16(&u16s(&hello.ciphers)),
        &counted_u8(&[0]),
        &extensions,
    ]
    .concat()
}

/// In records of so many bytes.
fn records(body: &[u8], size: usize) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[1], &length[1..], body].concat();
    let record = |part: &[u8]| [&[22, 3, 1], &counted_u16(part)[..]].concat();
    message.chunks(size).flat_map(record).collect()
}

#[test]
fn all_of_it_is_read_from_records_of_any_size() {
    let hello = chrome();
    for size in [1, 2, 3, 7, 100, 16_384] {
        let bytes = records(&body(&hello), size);
        assert_eq!(read(&bytes), Ok(Read::Whole(hello.clone())), "{size}");
        assert_eq!(read(&[&bytes[..], &[23, 9, 9]].concat()), Ok(Read::Whole(hello.clone())));
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), Ok(Read::NeedsMore), "{end} of records of {size}");
        }
    }
    assert!(hello.has_grease());
}

#[test]
fn the_published_example_has_the_published_ja4() {
    let hello = chrome();
    assert_eq!(hello.ja4(), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    assert_eq!(
        hello.ja4_raw(),
        "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_\
         0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_\
         0403,0804,0401,0503,0805,0501,0806,0601"
    );
    let without_algorithms = ClientHello { signature_algorithms: vec![], ..hello };
    assert_eq!(without_algorithms.ja4(), "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

/// Chrome since Encrypted Client Hello: 0xfe0d in place of padding.
#[test]
fn a_newer_chrome_has_the_published_ja4() {
    let mut hello = chrome();
    hello.extensions.retain(|kind| *kind != 0x0015);
    hello.extensions.push(0xfe0d);
    hello.extensions.reverse();
    assert_eq!(hello.ja4(), "t13d1516h2_8daaf6152771_02713d6af862");
}

#[test]
fn what_is_missing_shows() {
    let hello = ClientHello { version: 0x0301, ciphers: vec![5], ..ClientHello::default() };
    let bare = &body(&hello)[..2 + 32 + 33 + 4 + 2];
    assert_eq!(read(&records(bare, 100)), Ok(Read::Whole(hello.clone())));
    assert_eq!(hello.ja4_raw(), "t10i010000_0005_");
    assert!(hello.ja4().ends_with("_000000000000"), "{}", hello.ja4());
    assert_eq!(hello.ja3(), "769,5,,,");
    assert!(!hello.has_grease());
    let nothing = ClientHello::default();
    assert_eq!(nothing.ja4(), "t00i000000_000000000000_000000000000");
    let many = ClientHello { ciphers: (0x100..0x200).collect(), ..nothing };
    assert_eq!(&many.ja4()[..10], "t00i990000");
}

#[test]
fn protocols_are_shown_by_their_ends() {
    let cases: &[(&[u8], &str)] = &[
        (b"h2", "h2"),
        (b"http/1.1", "h1"),
        (b"", "00"),
        (b"h", "hh"),
        (&[0xab], "ab"),
        (&[0x20], "20"),
        (&[0xab, 0xcd], "ad"),
        (&[0x20, 0x61], "21"),
        (&[0x30, 0xab], "3b"),
        (&[0x61, 0x20], "60"),
        (&[0x30, 0x31, 0xab, 0xcd], "3d"),
        (&[0x30, 0xab, 0xcd, 0x31], "01"),
    ];
    for (protocol, shown) in cases {
        let hello = ClientHello { alpn: vec![protocol.to_vec()], ..ClientHello::default() };
        assert_eq!(&hello.ja4()[8..10], *shown, "{protocol:?}");
    }
}

/// The example in the description of JA3.
#[test]
fn the_published_ja3_has_the_published_hash() {
    let hello = ClientHello {
        version: 769,
        ciphers: vec![47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
        extensions: vec![0x0a0a, 0, 10, 11],
        groups: vec![23, 24, 25],
        point_formats: vec![0],
        ..ClientHello::default()
    };
    assert_eq!(hello.ja3(), "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0");
    assert_eq!(hello.ja3_hash(), "ada70206e40642a3e4461f35503241d5");
    let bare = ClientHello {
        ciphers: vec![4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99],
        version: 769,
        ..ClientHello::default()
    };
    assert_eq!(bare.ja3_hash(), "de350869b8c85de67a350c8d186f11e6");
}

#[test]
fn what_cannot_be_a_hello_is_refused_at_once() {
    let cases: &[(&[u8], NotTls)] = &[
        (b"G", NotTls::NotHandshake),
        (&[22, 2], NotTls::RecordVersion),
        (&[22, 3, 1, 0, 0], NotTls::RecordLength),
        (&[22, 3, 1, 0x40, 1], NotTls::RecordLength),
        (&[22, 3, 1, 0, 4, 2], NotTls::NotClientHello),
        (&[22, 3, 1, 0, 1, 1, 23], NotTls::NotHandshake),
        (&[22, 3, 1, 0, 4, 1, 1, 0, 1], NotTls::TooLarge),
    ];
    for (bytes, error) in cases {
        assert_eq!(read(bytes), Err(*error), "{bytes:?}");
    }
    let endless = [22, 3, 1, 0, 1, 0].repeat(LIMIT / 6 + 1);
    let endless = [&[22, 3, 1, 0, 2, 1, 0], &endless[..]].concat();
    let slow = [&[22, 3, 1, 0, 4, 1, 0, 0xff, 0xff], &endless[7..]].concat();
    assert_eq!(read(&slow), Err(NotTls::TooLarge));
    assert_eq!(read(&slow[..LIMIT - 1]), Ok(Read::NeedsMore));
}

#[test]
fn the_part_that_is_malformed_is_named() {
    let good = body(&chrome());
    let refused = |body: &[u8]| match read(&records(body, 16_384)) {
        Err(NotTls::Malformed(part)) => part,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&good[..20]), "fixed part");
    assert_eq!(refused(&good[..good.len() - 1]), "list of extensions");
    assert_eq!(refused(&[&good[..], &[0]].concat()), "list of extensions");
    let one = |kind: u16, data: &[u8]| {
        let extension = [&kind.to_be_bytes()[..], &counted_u16(data)].concat();
        [&good[..2 + 32 + 33 + 2 + 32 + 2], &counted_u16(&extension)].concat()
    };
    assert_eq!(refused(&one(0, &[0, 4, 0, 0, 1, 0xff])), "server name");
    assert_eq!(refused(&one(10, &[0, 1, 0])), "list of groups");
    assert_eq!(refused(&one(11, &[2, 0])), "list of point formats");
    assert_eq!(refused(&one(13, &[])), "list of signature algorithms");
    assert_eq!(refused(&one(16, &[0, 2, 2, b'h'])), "list of protocols");
    assert_eq!(refused(&one(43, &[2, 3, 4, 0])), "list of versions");
    assert_eq!(refused(&one(51, &[0, 2, 0, 29])), "list of key shares");
}

proptest! {
    #[test]
    fn nothing_panics(
        noise in proptest::collection::vec(any::<u8>(), 0..300),
        at in 0_usize..300,
        size in 1_usize..300,
    ) {
        let _ = read(&noise);
        let _ = read(&records(&noise, size));
        let mut body = body(&chrome());
        let at = at.min(body.len() - 1);
        let end = body.len().min(at + noise.len());
        body[at..end].copy_from_slice(&noise[..end - at]);
        if let Ok(Read::Whole(hello)) = read(&records(&body, size)) {
            prop_assert_eq!(hello.ja4().len(), 36);
            prop_assert_eq!(hello.ja3_hash().len(), 32);
        }
    }
}
