//! Targets of HTTP/2 that do wrong, or only what is rare, as clients of both protocols see them.

use std::time::Duration;

use relay::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::intercepted::intercepting;
use crate::secure::{self, Site, Speaks};
use crate::wire::{self, Wire, frame};
use crate::world::{LOGIN, SOON, World};

const CLIENTS: [Speaks; 2] = [Speaks::Http1, Speaks::Both];

/// What a client has got.
#[derive(Debug, PartialEq, Eq)]
struct Got {
    status: u16,
    body: Vec<u8>,
    /// Whether it can tell that this is all.
    is_whole: bool,
    /// The head, as bytes in whichever protocol.
    head: Vec<u8>,
}

async fn fetch(world: &World, site: &Site, speaks: Speaks, (method, body): (&str, &[u8])) -> Got {
    let fetching = async {
        match speaks {
            Speaks::Http1 => fetch_http1(world, site, (method, body)).await,
            Speaks::Both => fetch_http2(world, site, (method, body)).await,
        }
    };
    timeout(SOON, fetching).await.expect("no answer in time")
}

async fn fetch_http2(world: &World, site: &Site, (method, body): (&str, &[u8])) -> Got {
    let mut wire = Wire::new(world, site, &[(4, 1 << 20)]).await;
    let head = wire::head(method, "/", &site.authority());
    if body.is_empty() {
        wire.ask(1, &head).await;
    } else {
        wire.agree().await;
        wire.send(&frame(wire::HEADERS, wire::END_HEADERS, 1, &head)).await;
        let pieces = body.chunks(16_384);
        let last = pieces.len() - 1;
        for (at, piece) in pieces.enumerate() {
            wire.send(&frame(wire::DATA, u8::from(at == last), 1, piece)).await;
        }
    }
    let mut got = Got { status: 0, body: Vec::new(), is_whole: false, head: Vec::new() };
    while let Some(frame) = wire.next().await.filter(|_| !got.is_whole) {
        match frame.kind {
            wire::HEADERS => {
                let status = frame.status().unwrap_or(got.status);
                got.status = status;
                got.head.extend_from_slice(&frame.payload);
                got.is_whole = frame.flags & wire::END > 0;
            }
            wire::DATA => {
                got.body.extend_from_slice(&frame.payload);
                got.is_whole = frame.flags & wire::END > 0;
            }
            wire::RESET => return got,
            _ => {}
        }
        if got.is_whole {
            return got;
        }
    }
    got
}

async fn fetch_http1(world: &World, site: &Site, (method, body): (&str, &[u8])) -> Got {
    let (to, mut client) = (site.authority(), world.client().await);
    client.send(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{LOGIN}\r\n")).await;
    assert_eq!(client.head().await.status, 200);
    let stream = secure::handshake(client.socket, "127.0.0.1", world, Speaks::Http1).await.unwrap();
    let (mut reads, mut writes) = tokio::io::split(stream);
    let length =
        if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let head = format!("{method} / HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n{length}\r\n");
    let writing = async {
        let _ = writes.write_all(head.as_bytes()).await;
        let _ = writes.write_all(body).await;
        let _ = writes.flush().await;
    };
    let mut all = bytes::BytesMut::new();
    let reading = async { while reads.read_buf(&mut all).await.is_ok_and(|read| read > 0) {} };
    tokio::join!(writing, reading);
    let mut got = Got { status: 0, body: Vec::new(), is_whole: false, head: all.to_vec() };
    while !all.is_empty() {
        let limits = http1::Limits::default();
        let Some(head) = http1::response::parse(&mut all, &limits).unwrap() else { break };
        got.status = head.status();
        if head.status() < 200 {
            continue;
        }
        let mut decoder = http1::BodyDecoder::new(head.framing(method).unwrap());
        got.is_whole = decoder.is_done();
        while let Ok(Some(piece)) = decoder.decode(&mut all) {
            match piece {
                http1::Piece::Data(data) => got.body.extend_from_slice(&data),
                http1::Piece::End => break,
            }
        }
        got.is_whole |= decoder.is_done();
        break;
    }
    got
}

/// What is to come of an answer.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// This, whole.
    Whole(u16, &'static str),
    /// This status, and no whole body.
    Cut(u16),
    /// An answer of ours.
    Refused,
}

impl Expected {
    fn is(self, got: &Got) -> bool {
        let (status, body) = (got.status, &got.body[..]);
        match self {
            Whole(code, text) => got.is_whole && status == code && body == text.as_bytes(),
            Cut(code) => !got.is_whole && status == code,
            Refused => got.is_whole && status == 502,
        }
    }
}

impl std::fmt::Display for Got {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = if self.is_whole { "whole" } else { "cut" };
        write!(f, "{} {} {end}", self.status, String::from_utf8_lossy(&self.body))
    }
}

use Expected::{Cut, Refused, Whole};

/// Method, what the target does, and what comes of it.
type Row = (&'static str, &'static str, Expected);

const ANSWERS: &[Row] = &[
    ("GET", "headers $ +eh 0x88; data $ +end t:hello", Whole(200, "hello")),
    (
        "GET",
        "headers $ +eh 0x88; data $; data $ t:he; data $; data $ t:llo; data $ +end",
        Whole(200, "hello"),
    ),
    (
        "GET",
        "headers $ +eh 0x88; data $ +pad 0x03 t:hello *3; headers $ +end +eh f:x-sum=1",
        Whole(200, "hello"),
    ),
    ("GET", "headers $ 0x88; continuation $ +eh f:a=b; data $ +end t:hello", Whole(200, "hello")),
    ("GET", "headers $ +eh 0x88 f:content-length=5; data $ +end t:hello", Whole(200, "hello")),
    // Before the answer.
    (
        "GET",
        "headers $ +eh f::status=103 f:link=a; headers $ +eh 0x88; data $ +end t:hello",
        Whole(200, "hello"),
    ),
    (
        "GET",
        "headers $ +eh f::status=100; headers $ +eh f::status=103; headers $ +end +eh 0x89",
        Whole(204, ""),
    ),
    (
        "POST",
        "headers $ +eh f::status=100; whole; headers $ +eh 0x88; data $ +end t:hello",
        Whole(200, "hello"),
    ),
    ("GET", "headers $ +end +eh f::status=103", Refused),
    ("GET", "headers $ +eh f::status=101; data $ +end t:hello", Refused),
    // Answers that have no body, whatever their length.
    ("HEAD", "headers $ +end +eh 0x88 f:content-length=5", Whole(200, "")),
    ("HEAD", "headers $ +end +eh 0x88", Whole(200, "")),
    ("GET", "headers $ +end +eh 0x89", Whole(204, "")),
    ("GET", "headers $ +end +eh 0x8b f:content-length=5", Whole(304, "")),
    ("GET", "headers $ +end +eh 0x88 f:content-length=0", Whole(200, "")),
    ("GET", "headers $ +end +eh 0x88 f:grpc-status=5", Whole(200, "")),
    // Lengths that are not true.
    ("GET", "headers $ +eh 0x88 f:content-length=9; data $ +end t:hello", Cut(200)),
    ("GET", "headers $ +eh 0x88 f:content-length=3; data $ +end t:hello", Cut(200)),
    ("GET", "headers $ +end +eh 0x88 f:content-length=5", Refused),
    (
        "GET",
        "headers $ +eh 0x88 f:content-length=5 f:content-length=6; data $ +end t:hello",
        Refused,
    ),
    ("GET", "headers $ +eh 0x88 f:content-length=five; data $ +end t:hello", Refused),
    // What is no answer.
    ("GET", "headers $ +end +eh f:a=b", Refused),
    ("GET", "headers $ +end +eh 0x8888", Refused),
    ("GET", "headers $ +end +eh f::status=99", Refused),
    ("GET", "headers $ +end +eh f::status=abc", Refused),
    ("GET", "headers $ +end +eh 0x88 f::path=/", Whole(200, "")),
    ("GET", "headers $ +end +eh f:a=b 0x88", Refused),
    ("GET", "headers $ +end +eh 0x88 f:A=b", Refused),
    ("GET", "headers $ +end +eh 0x88 f:connection=close", Refused),
    ("GET", "headers $ +eh 0x88 f:transfer-encoding=chunked; data $ +end t:0%0d%0a%0d%0a", Refused),
    ("GET", "headers $ +end +eh 0x88 f:a=b%0d%0aevil:%20yes", Refused),
    ("GET", "headers $ +end +eh 0x88 f:=b", Refused),
    ("GET", "data $ +end t:hello", Refused),
    ("GET", "push $ +eh #2 get", Refused),
    ("GET", "headers $ +eh 0x88 a*16000; headers $ +end +eh a*16000", Whole(200, "")),
    (
        "GET",
        "headers $ +end 0x88 a*16000; continuation $ a*16000; continuation $ a*16000; continuation $ a*16000; continuation $ +eh a*16000",
        Refused,
    ),
    ("GET", "raw t:HTTP/1.1%20200%20OK%0d%0a%0d%0a", Refused),
    // Breaking off.
    ("GET", "close", Refused),
    ("GET", "reset $ #2", Refused),
    ("GET", "reset $ #13", Refused),
    ("GET", "goaway 0 #0 #2; close", Refused),
    ("GET", "headers $ +eh 0x88; data $ t:hel; close", Cut(200)),
    ("GET", "headers $ +eh 0x88; data $ t:hel; reset $ #2", Cut(200)),
    ("GET", "headers $ +eh 0x88; data $ t:hel; reset $ #0", Cut(200)),
    ("GET", "headers $ +eh 0x88; data $ t:hel; goaway 0 #0 #0; close", Cut(200)),
    ("GET", "headers $ +eh 0x88 f:content-length=5; data $ t:hel; close", Cut(200)),
    // Farewells that let everything be finished.
    ("GET", "goaway 0 #$ #0; headers $ +eh 0x88; data $ +end t:hello", Whole(200, "hello")),
    (
        "GET",
        "goaway 0 #2147483647 #0; headers $ +eh 0x88; goaway 0 #$ #0; data $ +end t:hello; close",
        Whole(200, "hello"),
    ),
    // Answers that do not wait for the request.
    ("LARGE", "headers $ +eh 0x88; data $ +end t:early", Whole(200, "early")),
    ("LARGE", "headers $ +eh 0x88; data $ +end t:early; reset $ #0", Whole(200, "early")),
    ("LARGE", "reset $ #11", Refused),
];

/// What is wrong with what comes of an answer.
async fn wrong((method, script, expected): Row, client: Speaks) -> Option<String> {
    let site = Site::rogue(&[script]).await;
    let world = World::new(intercepting(&site), Vec::new()).await;
    let large = vec![7; 40_000];
    let request: (&str, &[u8]) = match method {
        "POST" => ("POST", b"body"),
        "LARGE" => ("POST", &large),
        other => (other, b""),
    };
    let got = fetch(&world, &site, client, request).await;
    (!expected.is(&got)).then(|| format!("{client:?} {method} {script}: {got}, not {expected:?}"))
}

#[tokio::test]
async fn every_answer_arrives_whole_or_is_known_not_to_be() {
    let mut all = Vec::new();
    for (row, client) in ANSWERS.iter().flat_map(|row| CLIENTS.map(|client| (*row, client))) {
        all.extend(wrong(row, client).await);
    }
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

const OK: &str = "headers $ +eh 0x88; data $ +end t:hello";

#[tokio::test]
async fn what_was_refused_unseen_is_asked_again() {
    let firsts = ["reset $ #7", "goaway 0 #0 #0", "goaway 0 #0 #0; close", "close"];
    for (first, client) in firsts.iter().flat_map(|first| CLIENTS.map(|client| (*first, client))) {
        // The connection is a known one by then.
        let site = Site::rogue(&[OK, first, OK]).await;
        let world = World::new(intercepting(&site), Vec::new()).await;
        for _ in 0..3 {
            let got = fetch(&world, &site, client, ("GET", b"")).await;
            assert!(got.status == 200 && got.is_whole, "{client:?}, {first}: {got:?}");
        }
        assert_eq!(site.requests(), 4, "{first}");
    }
}

#[tokio::test]
async fn a_target_that_takes_one_at_a_time_gets_another_connection() {
    let ok = "greets settings 0 set:3=1; headers $ +eh 0x88; data $ +end t:hello";
    let held = "held; headers $ +eh 0x88; data $ +end t:hello";
    for client in CLIENTS {
        let site = Site::rogue(&[ok, held, OK]).await;
        let world = World::new(intercepting(&site), Vec::new()).await;
        assert_eq!(fetch(&world, &site, client, ("GET", b"")).await.status, 200);
        let first = fetch(&world, &site, client, ("GET", b""));
        let (first, ()) = tokio::join!(first, meanwhile(&world, &site, client));
        assert_eq!((first.status, &first.body[..]), (200, &b"hello"[..]));
        assert_eq!(site.connections(), 2);
    }
}

/// Asks for more while one is held, and releases it.
async fn meanwhile(world: &World, site: &Site, client: Speaks) {
    while site.requests() < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..3 {
        assert_eq!(fetch(world, site, client, ("GET", b"")).await.status, 200);
    }
    site.release();
}

#[tokio::test]
async fn none_is_lost_at_a_target_that_takes_one_at_a_time() {
    let one = "greets settings 0 set:3=1; whole; headers $ +eh 0x88; data $ +end t:hello";
    let site = Site::rogue(&[one]).await;
    let world = World::new(intercepting(&site), Vec::new()).await;
    let mut wire = Wire::new(&world, &site, &[]).await;
    let head = wire::head("GET", "/", &site.authority());
    for stream in 0..30 {
        wire.ask(stream * 2 + 1, &head).await;
    }
    for _ in 0..30 {
        let answer = wire.until(|frame| frame.kind == wire::HEADERS).await.unwrap();
        assert_eq!(answer.status(), Some(200));
    }
    assert_eq!(site.requests(), 30);
}

#[tokio::test]
async fn a_target_that_stops_reading_is_given_up() {
    let body = vec![7; 200_000];
    let scripts = ["greets settings 0 set:4=1000; whole; close", "greets settings 0 set:4=0; deaf"];
    for (script, client) in scripts.iter().flat_map(|script| CLIENTS.map(|who| (*script, who))) {
        let site = Site::rogue(&[script]).await;
        let settings =
            Settings { body_idle_timeout: Duration::from_millis(500), ..Settings::default() };
        let world = World::with(intercepting(&site), Vec::new(), settings).await;
        let got = fetch(&world, &site, client, ("POST", &body)).await;
        assert_eq!((got.status, got.is_whole), (504, true), "{client:?} {script}");
    }
}
