//! Bodies: the same content however the bytes arrive, and never more than was announced.
#![no_main]

use bytes::BytesMut;
use fuzz::cuts;
use fuzz::lenient::{self, ChunksEnd};
use http1::{BodyDecoder, Framing, Piece, chunk};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, PartialEq, Eq)]
struct Body {
    content: Vec<u8>,
    end: End,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Done { rest: Vec<u8> },
    Incomplete,
    Refused,
}

fuzz_target!(|bytes: &[u8]| {
    for framing in [
        Framing::Chunked,
        Framing::None,
        Framing::Length(bytes.len() as u64 / 2),
        Framing::Length(u64::MAX),
        Framing::UntilClose,
    ] {
        let whole = read(&[bytes], framing);
        for cut in cuts::of(bytes) {
            assert_eq!(read(&cut, framing), whole, "{framing:?} in {} pieces", cut.len());
        }
        match framing {
            Framing::Chunked => compare(bytes, &whole),
            Framing::Length(length) => assert!(whole.content.len() as u64 <= length),
            Framing::None => assert!(whole.content.is_empty()),
            Framing::UntilClose => assert_eq!(whole.content, bytes),
        }
    }
});

fn read(pieces: &[&[u8]], framing: Framing) -> Body {
    let (mut decoder, mut buffer) = (BodyDecoder::new(framing), BytesMut::new());
    let mut content = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(None) => break,
                Err(_) => return Body { content, end: End::Refused },
                Ok(Some(Piece::Data(data))) => {
                    assert!(!data.is_empty(), "a piece is never empty");
                    content.extend_from_slice(&data);
                }
                Ok(Some(Piece::End)) => {
                    assert!(decoder.is_done() && decoder.end_of_stream().is_ok());
                    let rest = [&buffer, &pieces[number + 1..].concat()[..]].concat();
                    return Body { content, end: End::Done { rest } };
                }
            }
        }
    }
    // No bytes, and so no piece, is also an end for what has no body.
    if decoder.is_done() {
        return Body { content, end: End::Done { rest: buffer.to_vec() } };
    }
    assert_eq!(decoder.end_of_stream().is_ok(), framing == Framing::UntilClose);
    Body { content, end: End::Incomplete }
}

/// What we take, another reader takes in the same way; what we refuse, we have not gone beyond.
fn compare(bytes: &[u8], ours: &Body) {
    let theirs = lenient::chunked(bytes);
    match &ours.end {
        End::Done { rest } => {
            assert_eq!(theirs.end, ChunksEnd::Behind(bytes.len() - rest.len()));
            assert_eq!(ours.content, theirs.content);
            write_and_read(&ours.content);
        }
        End::Incomplete => {
            assert_eq!(theirs.end, ChunksEnd::Cut);
            assert_eq!(ours.content, theirs.content);
        }
        End::Refused => assert!(theirs.content.starts_with(&ours.content)),
    }
}

fn write_and_read(content: &[u8]) {
    let mut written = BytesMut::new();
    for piece in content.chunks(7) {
        chunk::write(&mut written, piece);
    }
    chunk::write_last(&mut written);
    let again = read(&[&written], Framing::Chunked);
    assert_eq!(again, Body { content: content.to_vec(), end: End::Done { rest: Vec::new() } });
}
