//! Heads of requests: no panic, one answer however the bytes arrive, and back out as they came in.
#![no_main]

use bytes::BytesMut;
use fuzz::cuts;
use http1::{HeadWriter, Limits, RequestHead, Version, request};
use libfuzzer_sys::fuzz_target;

const TIGHT: Limits = Limits { head_bytes: 48, fields: 3, target_bytes: 12 };
/// A head is written with a blank behind each colon, and may grow by that.
const WIDE: Limits = Limits { head_bytes: 200_000, fields: 100, target_bytes: 16_384 };

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Refused,
    Incomplete,
    Head { head: Head, rest: Vec<u8> },
}

#[derive(Debug, PartialEq, Eq)]
struct Head {
    method: String,
    target: String,
    version: Version,
    fields: Vec<(String, Vec<u8>)>,
    length: usize,
    framing: String,
    keeps_alive: bool,
}

fuzz_target!(|bytes: &[u8]| {
    for limits in [Limits::default(), TIGHT] {
        let whole = read(&[bytes], &limits);
        for cut in cuts::of(bytes) {
            assert_eq!(read(&cut, &limits), whole, "in {} pieces, {limits:?}", cut.len());
        }
        if let Answer::Head { head, rest } = whole {
            assert!(bytes.ends_with(&rest), "what stands behind a head stays");
            assert!(head.length + rest.len() <= bytes.len());
            assert!(head.length <= limits.head_bytes && head.fields.len() <= limits.fields);
            let has_control =
                |text: &[u8]| text.iter().any(|b| b.is_ascii_control() && *b != b'\t');
            assert!(!head.fields.iter().any(|(_, value)| has_control(value)), "in a value");
            assert!(!has_control(head.target.as_bytes()), "in the target");
            write_and_read(&head);
        }
    }
});

fn read(pieces: &[&[u8]], limits: &Limits) -> Answer {
    let mut buffer = BytesMut::new();
    for (number, piece) in pieces.iter().enumerate() {
        buffer.extend_from_slice(piece);
        match request::parse(&mut buffer, limits) {
            Err(error) => {
                assert!(matches!(error.status(), 400 | 414 | 431 | 501 | 505), "{error}");
                return Answer::Refused;
            }
            Ok(Some(head)) => {
                let behind = pieces[number + 1..].concat();
                return Answer::Head { head: shown(&head), rest: [&buffer, &behind[..]].concat() };
            }
            Ok(None) => {}
        }
    }
    Answer::Incomplete
}

fn shown(head: &RequestHead) -> Head {
    let fields = head
        .fields()
        .iter()
        .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()));
    Head {
        method: head.method().to_owned(),
        target: head.target().to_owned(),
        version: head.version(),
        fields: fields.collect(),
        length: head.len(),
        framing: format!("{:?}", head.framing()),
        keeps_alive: head.wants_keep_alive(),
    }
}

fn write_and_read(head: &Head) {
    let mut written = BytesMut::new();
    let mut writer = HeadWriter::new(&mut written);
    writer.request_line(&head.method, &[&head.target]);
    for (name, value) in &head.fields {
        writer.field(name, value);
    }
    writer.end();
    match read(&[&written], &WIDE) {
        Answer::Head { head: again, rest } => {
            assert_eq!(
                (&again.method, &again.target, &again.fields, rest.as_slice()),
                (&head.method, &head.target, &head.fields, &b""[..])
            );
        }
        other => panic!("what was read and written again is {other:?}"),
    }
}
