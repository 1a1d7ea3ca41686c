//! Heads of responses: no panic, one answer however the bytes arrive, and back out as they came in.
#![no_main]

use bytes::BytesMut;
use fuzz::cuts;
use http1::{Framing, HeadWriter, Limits, ResponseHead, Version, response};
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
    status: u16,
    reason: Vec<u8>,
    version: Version,
    fields: Vec<(String, Vec<u8>)>,
    framings: Vec<String>,
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
            assert!((100..=999).contains(&head.status) && head.fields.len() <= limits.fields);
            let has_control =
                |text: &[u8]| text.iter().any(|b| b.is_ascii_control() && *b != b'\t');
            assert!(!head.fields.iter().any(|(_, value)| has_control(value)), "in a value");
            assert!(!has_control(&head.reason), "in the reason");
            write_and_read(&head);
        }
    }
});

fn read(pieces: &[&[u8]], limits: &Limits) -> Answer {
    let mut buffer = BytesMut::new();
    for (number, piece) in pieces.iter().enumerate() {
        buffer.extend_from_slice(piece);
        match response::parse(&mut buffer, limits) {
            Err(_) => return Answer::Refused,
            Ok(Some(head)) => {
                let behind = pieces[number + 1..].concat();
                return Answer::Head { head: shown(&head), rest: [&buffer, &behind[..]].concat() };
            }
            Ok(None) => {}
        }
    }
    Answer::Incomplete
}

fn shown(head: &ResponseHead) -> Head {
    let fields = head
        .fields()
        .iter()
        .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()));
    let framings = ["GET", "HEAD", "CONNECT"].map(|method| (method, head.framing(method)));
    let has_no_content = head.status() < 200 || matches!(head.status(), 204 | 304);
    for (method, framing) in framings {
        if let Ok(framing) = framing {
            let ends_at_once = has_no_content || method == "HEAD";
            assert!(!ends_at_once || framing == Framing::None, "{method}: {framing:?}");
        }
    }
    Head {
        status: head.status(),
        reason: head.reason().to_vec(),
        version: head.version(),
        fields: fields.collect(),
        framings: framings.iter().map(|framing| format!("{framing:?}")).collect(),
        keeps_alive: head.wants_keep_alive(),
    }
}

fn write_and_read(head: &Head) {
    let mut written = BytesMut::new();
    let mut writer = HeadWriter::new(&mut written);
    writer.status_line(head.status, &head.reason);
    for (name, value) in &head.fields {
        writer.field(name, value);
    }
    writer.end();
    match read(&[&written], &WIDE) {
        Answer::Head { head: again, rest } => {
            assert_eq!(
                (again.status, &again.reason, &again.fields, rest.as_slice()),
                (head.status, &head.reason, &head.fields, &b""[..])
            );
        }
        other => panic!("what was read and written again is {other:?}"),
    }
}
