//! What is accepted and what is refused, row by row.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::BytesMut;
use http1::{
    BodyDecoder, BodyError, Framing, FramingError, HeadError, Limits, Piece, RequestHead, request,
    response,
};
use proptest::prelude::*;

fn parse(bytes: &[u8]) -> Result<Option<RequestHead>, HeadError> {
    request::parse(&mut BytesMut::from(bytes), &Limits::default())
}

/// The framing of a request with these field lines behind `Host`.
fn framing(lines: &str) -> Result<Framing, FramingError> {
    let head = format!("POST http://a/ HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
    parse(head.as_bytes()).unwrap().unwrap().framing()
}

fn body(framing: Framing, bytes: &[u8]) -> Result<(Vec<u8>, bool, Vec<u8>), BodyError> {
    let mut buffer = BytesMut::from(bytes);
    let (mut decoder, mut content) = (BodyDecoder::new(framing), Vec::new());
    while let Some(piece) = decoder.decode(&mut buffer)? {
        match piece {
            Piece::Data(data) => content.extend_from_slice(&data),
            Piece::End => break,
        }
    }
    Ok((content, decoder.is_done(), buffer.to_vec()))
}

#[test]
fn heads_that_are_refused() {
    use HeadError::{FieldLine, FieldValue, FirstLine, LineEnd, Method, Version};
    let rows: &[(&[u8], HeadError)] = &[
        (b" GET / HTTP/1.1\r\n\r\n", FirstLine),
        (b"GET  / HTTP/1.1\r\n\r\n", FirstLine),
        (b"GET / HTTP/1.1 \r\n\r\n", FirstLine),
        (b"GET /a b HTTP/1.1\r\n\r\n", FirstLine),
        (b"GET\t/\tHTTP/1.1\r\n\r\n", FirstLine),
        (b"GET /\r\n\r\n", FirstLine),
        (b"G@T / HTTP/1.1\r\n\r\n", FirstLine),
        (b"GET /\x7f HTTP/1.1\r\n\r\n", FirstLine),
        (b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", FirstLine),
        (b"GET / http/1.1\r\n\r\n", FirstLine),
        (b"GET / HTTP/1.10\r\n\r\n", FirstLine),
        (b"GET / HTTP/2.0\r\n\r\n", Version),
        (b"PRI * HTTP/2.0\r\n\r\n", Version),
        (b"GET / HTTP/1.2\r\n\r\n", Version),
        (b"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKL / HTTP/1.1\r\n\r\n", Method),
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n", LineEnd),
        (b"GET / HTTP/1.1\r\nHost: a\n\r\n", LineEnd),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\n", LineEnd),
        (b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", FieldValue),
        (b"GET / HTTP/1.1\r\nHost: a\0\r\n\r\n", FieldValue),
        (b"GET / HTTP/1.1\r\nHost: a\x0b\r\n\r\n", FieldValue),
        (b"GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n", FieldValue),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", FieldLine),
        (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", FieldLine),
        (b"GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", FieldLine),
        (b"GET / HTTP/1.1\r\nX\r\n\r\n", FieldLine),
        (b"GET / HTTP/1.1\r\n: a\r\n\r\n", FieldLine),
        (b"GET / HTTP/1.1\r\nX\xe9: a\r\n\r\n", FieldLine),
        (b"\n\nGET / HTTP/1.1\r\n\r\n", LineEnd),
    ];
    for (bytes, why) in rows {
        assert_eq!(parse(bytes).unwrap_err(), *why, "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_head_that_cannot_become_one_is_refused_before_it_is_whole() {
    assert_eq!(parse(b"\x16\x03\x01").unwrap_err().status(), 400);
    assert_eq!(parse(b"GET / HTTP/1.1\r\nHost: a\n").unwrap_err().status(), 400);
    assert_eq!(parse(&[b'A'; 40]).unwrap_err().status(), 501);
    assert_eq!(parse(&[&[b'A'; 40][..], b" /"].concat()).unwrap_err().status(), 501);
    let target = [b"GET /".as_slice(), &vec![b'x'; 17_000]].concat();
    assert_eq!(parse(&target).unwrap_err().status(), 414);
    let line = [b"GET / HTTP/1.1\r\nX: ".as_slice(), &vec![b'x'; 66_000]].concat();
    assert_eq!(parse(&line).unwrap_err().status(), 431);
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(101));
    assert_eq!(parse(many.as_bytes()).unwrap_err().status(), 431);
}

/// The answer to `bytes` that come one by one.
fn dripped(bytes: &[u8], limits: &Limits) -> Result<Option<RequestHead>, HeadError> {
    let mut buffer = BytesMut::new();
    for byte in bytes {
        buffer.extend_from_slice(&[*byte]);
        let answer = request::parse(&mut buffer, limits);
        if !matches!(answer, Ok(None)) {
            return answer;
        }
    }
    Ok(None)
}

#[test]
fn empty_lines_in_front_are_skipped_however_they_arrive() {
    for count in 0..6 {
        let bytes = ["\r\n".repeat(count).as_bytes(), b"GET / HTTP/1.1\r\n\r\n"].concat();
        assert_eq!(parse(&bytes).unwrap().unwrap().method(), "GET", "{count}");
        assert_eq!(dripped(&bytes, &Limits::default()).unwrap().unwrap().method(), "GET");
    }
}

#[test]
fn a_first_line_beyond_the_limit_of_the_head_is_refused() {
    let bytes = b"GET /0123456789 HTTP/1.1\r\nHost: a\r\n\r\n";
    for head_bytes in [1, 8, 20, 24, 25, 26, 36] {
        let limits = Limits { head_bytes, ..Limits::default() };
        let whole = request::parse(&mut BytesMut::from(&bytes[..]), &limits);
        assert_eq!(whole.unwrap_err(), HeadError::TooLarge, "{head_bytes}");
        assert_eq!(dripped(bytes, &limits).unwrap_err(), HeadError::TooLarge, "{head_bytes}");
    }
}

#[test]
fn a_head_keeps_order_case_and_repetitions() {
    let mut buffer = BytesMut::from(
        &b"\r\nGET /x HTTP/1.1\r\nHoST: a\r\nX-B:\t1 \r\nx-b: 2\r\nEmpty:\r\nAccept: \xe9\r\n\r\nrest"[..],
    );
    let head = request::parse(&mut buffer, &Limits::default()).unwrap().unwrap();
    assert_eq!((head.method(), head.target()), ("GET", "/x"));
    let fields: Vec<_> = head.fields().iter().collect();
    let expected: [(&[u8], &[u8]); 5] =
        [(b"HoST", b"a"), (b"X-B", b"1"), (b"x-b", b"2"), (b"Empty", b""), (b"Accept", b"\xe9")];
    assert_eq!(fields, expected);
    assert_eq!(head.fields().get("host"), Some(&b"a"[..]));
    assert_eq!(head.fields().count("X-b"), 2);
    assert_eq!(&buffer[..], b"rest");
}

#[test]
fn ambiguous_framing_is_refused() {
    use FramingError::{Coding, Length, LengthAndCoding};
    let rows = [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", LengthAndCoding),
        ("Transfer-Encoding: ,chunked\r\n", Coding),
        ("Transfer-Encoding: chunked,\r\n", Coding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Coding),
        ("Transfer-Encoding: chunked, chunked\r\n", Coding),
        ("Transfer-Encoding: gzip, chunked\r\n", Coding),
        ("Transfer-Encoding: chunked, identity\r\n", Coding),
        ("Transfer-Encoding: identity\r\n", Coding),
        ("Transfer-Encoding: xchunked\r\n", Coding),
        ("Transfer-Encoding: \"chunked\"\r\n", Coding),
        ("Transfer-Encoding: chun\u{212a}ed\r\n", Coding),
        ("Transfer-Encoding:\r\n", Coding),
        ("Content-Length: +5\r\n", Length),
        ("Content-Length: -1\r\n", Length),
        ("Content-Length: 0x5\r\n", Length),
        ("Content-Length: 5_0\r\n", Length),
        ("Content-Length: 5 5\r\n", Length),
        ("Content-Length: 05\r\n", Length),
        ("Content-Length: 5, 5\r\n", Length),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", Length),
        ("Content-Length:\r\n", Length),
        ("Content-Length: 18446744073709551616\r\n", Length),
        ("Content-Length: 99999999999999999999\r\n", Length),
    ];
    for (lines, why) in rows {
        assert_eq!(framing(lines), Err(why), "{lines:?}");
    }
}

#[test]
fn plain_framing_is_understood() {
    for (lines, expected) in [
        ("", Framing::None),
        ("Content-Length: 0\r\n", Framing::Length(0)),
        ("content-length:  42 \r\n", Framing::Length(42)),
        ("Transfer-Encoding: Chunked\r\n", Framing::Chunked),
    ] {
        assert_eq!(framing(lines), Ok(expected), "{lines:?}");
    }
    let old = parse(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap().unwrap();
    assert_eq!(old.framing(), Err(FramingError::CodingNotAllowed));
}

#[test]
fn responses_are_framed_by_status_and_method() {
    let of = |head: &str, method: &str| {
        let mut buffer = BytesMut::from(head);
        response::parse(&mut buffer, &Limits::default()).unwrap().unwrap().framing(method)
    };
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    assert_eq!(of(ok, "GET"), Ok(Framing::Length(3)));
    assert_eq!(of(ok, "HEAD"), Ok(Framing::None));
    assert_eq!(of("HTTP/1.1 200\r\n\r\n", "GET"), Ok(Framing::UntilClose));
    assert_eq!(of("HTTP/1.1 304 x\r\nContent-Length: 3\r\n\r\n", "GET"), Ok(Framing::None));
    let tunnel = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(of(tunnel, "CONNECT"), Ok(Framing::None));
    assert_eq!(of(tunnel, "GET"), Err(FramingError::LengthAndCoding));
    let early = "HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(of(early, "GET"), Err(FramingError::CodingNotAllowed));
}

#[test]
fn chunks_that_are_refused() {
    use BodyError::{ChunkEnd, ChunkExtension, ChunkSize, TooLarge, Trailer};
    let long = format!("5;{}\r\nhello\r\n", "x".repeat(17_000));
    let rows: &[(&[u8], BodyError)] = &[
        (b"0x5\r\nhello\r\n0\r\n\r\n", ChunkSize),
        (b"+5\r\nhello\r\n0\r\n\r\n", ChunkSize),
        (b"-5\r\nhello", ChunkSize),
        (b"5_0\r\nhello", ChunkSize),
        (b" 5\r\nhello", ChunkSize),
        (b"5 \r\nhello", ChunkSize),
        (b"\r\nhello", ChunkSize),
        (b"g\r\n", ChunkSize),
        (b"10000000000000000\r\n", ChunkSize),
        (b"00000000000000005\r\nhello", ChunkSize),
        (b"5\nhello\r\n", ChunkEnd),
        (b"5\r\nhello!\r\n", ChunkEnd),
        (b"5\r\nhello\n0\r\n\r\n", ChunkEnd),
        (b"5;a\rb\r\nhello", ChunkExtension),
        (b"5;a\0\r\nhello", ChunkExtension),
        (long.as_bytes(), TooLarge),
        (b"0\r\nHost : a\r\n\r\n", Trailer),
        (b"0\r\nX: a\n\r\n", Trailer),
    ];
    for (bytes, why) in rows {
        assert_eq!(body(Framing::Chunked, bytes), Err(*why), "{}", bytes.escape_ascii());
    }
}

#[test]
fn an_extension_has_one_limit_however_it_arrives() {
    for (length, is_taken) in [(16_383, true), (16_384, false)] {
        let bytes = format!("5;{}\r\nhello\r\n", "x".repeat(length));
        assert_eq!(body(Framing::Chunked, bytes.as_bytes()).is_ok(), is_taken);
        let (mut decoder, mut buffer) = (BodyDecoder::new(Framing::Chunked), BytesMut::new());
        let (first, rest) = bytes.as_bytes().split_at(16_300);
        buffer.extend_from_slice(first);
        let answers = rest.iter().map(|byte| {
            buffer.extend_from_slice(&[*byte]);
            decoder.decode(&mut buffer).map(drop)
        });
        assert_eq!(answers.collect::<Result<Vec<()>, _>>().is_ok(), is_taken, "{length}");
    }
}

#[test]
fn what_stands_behind_a_body_stays() {
    let chunked = b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\nGET";
    let (content, done, rest) = body(Framing::Chunked, chunked).unwrap();
    assert_eq!(
        (content.as_slice(), done, rest.as_slice()),
        (&b"hello world"[..], true, &b"GET"[..])
    );
    let (content, done, rest) = body(Framing::Length(3), b"abcdef").unwrap();
    assert_eq!((content.as_slice(), done, rest.as_slice()), (&b"abc"[..], true, &b"def"[..]));
    let mut decoder = BodyDecoder::new(Framing::Length(3));
    assert_eq!(decoder.end_of_stream(), Err(BodyError::Truncated));
}

proptest! {
    #[test]
    fn bytes_that_come_one_by_one_say_the_same(
        bytes in prop::collection::vec(
            prop::sample::select(&b"GETP /:\r\n\t aH1.0;5\0chunked"[..]), 0..120)
    ) {
        let whole = parse(&bytes);
        let dripped = dripped(&bytes, &Limits::default());
        // A fault may be found earlier, and so another one first; but never a request in one case
        // and a fault in the other.
        prop_assert_eq!(whole.is_err(), dripped.is_err());
        let lengths = (whole.ok().flatten().map(|h| h.len()), dripped.ok().flatten().map(|h| h.len()));
        prop_assert_eq!(lengths.0, lengths.1);
    }

    #[test]
    fn chunks_survive_any_split(content in prop::collection::vec(any::<u8>(), 0..500), step in 1usize..40) {
        let mut framed = BytesMut::new();
        for piece in content.chunks(step) {
            http1::chunk::write(&mut framed, piece);
        }
        http1::chunk::write_last(&mut framed);
        framed.extend_from_slice(b"behind");
        let (mut decoder, mut buffer, mut read) =
            (BodyDecoder::new(Framing::Chunked), BytesMut::new(), Vec::new());
        for part in framed.chunks(step) {
            buffer.extend_from_slice(part);
            while !decoder.is_done() {
                match decoder.decode(&mut buffer).unwrap() {
                    Some(Piece::Data(data)) => read.extend_from_slice(&data),
                    Some(Piece::End) | None => break,
                }
            }
        }
        prop_assert!(decoder.is_done());
        prop_assert_eq!(read, content);
        prop_assert_eq!(&buffer[..], b"behind");
    }

    #[test]
    fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
        let _ = response::parse(&mut BytesMut::from(&bytes[..]), &Limits::default());
        let _ = body(Framing::Chunked, &bytes);
    }
}
