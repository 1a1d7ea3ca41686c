//! Clients of HTTP/2 that send a great many of something that is cheap to send.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::intercepted::intercepting;
use crate::secure::{Site, Speaks};
use crate::wire::{self, Wire, frame};
use crate::world::{SOON, World};

const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const CALM: u32 = 11;

/// What a flood may cost this process, which is the client, too.
const COST: usize = 16 << 20;

/// Memory that this process has, in bytes.
fn memory() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Sends `begin` and then `drop` so often; the reason for which the connection ends, if it does
/// before all is sent or because of it.
async fn pour(wire: Wire, begin: &[u8], drop: &[u8], count: usize) -> Option<u32> {
    let (reads, mut writes) = tokio::io::split(wire.stream);
    let many = 65_536 / drop.len();
    let chunk = drop.repeat(many);
    let pouring = async {
        let mut left = count;
        let mut sent = writes.write_all(begin).await;
        while left > 0 && sent.is_ok() {
            let now = left.min(many);
            sent = writes.write_all(&chunk[..now * drop.len()]).await;
            left -= now;
        }
        // Whatever comes of it, only the other side may end it.
        let _ = writes.flush().await;
    };
    let mut reader = Wire { stream: reads };
    let (code, ()) = tokio::join!(reader.farewell(), pouring);
    code
}

#[tokio::test]
async fn what_moves_nothing_is_told_to_calm_down_and_costs_no_memory() {
    let site = Site::new(Speaks::Http1).await;
    let world = World::new(intercepting(&site), Vec::new()).await;
    let post = frame(wire::HEADERS, 4, 1, &wire::head("POST", "/echo", &site.authority()));
    let floods: [(&str, &[u8], Vec<u8>, usize); 8] = [
        ("empty DATA", &post, frame(wire::DATA, 0, 1, b""), 1_000_000),
        ("empty DATA, padded", &post, frame(wire::DATA, 8, 1, &[3, 0, 0, 0]), 1_000_000),
        ("PING", b"", frame(wire::PING, 0, 0, wire::PINGED), 100_000),
        ("PING, answered", b"", frame(wire::PING, wire::ACK, 0, wire::PINGED), 100_000),
        ("SETTINGS", b"", frame(wire::SETTINGS, 0, 0, b""), 100_000),
        ("SETTINGS of something", b"", frame(wire::SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 9]), 100_000),
        ("PRIORITY", b"", frame(2, 0, 9, &[0, 0, 0, 0, 7]), 100_000),
        ("nothing known", b"", frame(0xbb, 0, 0, b""), 100_000),
    ];
    for (what, begin, drop, count) in floods {
        let (wire, before) = (Wire::new(&world, &site, &[]).await, memory());
        let code = timeout(SOON, pour(wire, begin, &drop, count)).await.expect(what);
        assert_eq!(code, Some(CALM), "{what}");
        let grown = memory().saturating_sub(before);
        assert!(grown < COST, "{what}: {grown} bytes");
    }
}

/// Asks 10,000 times and undoes each request with a frame; the client is told to calm down in time.
/// How many requests have arrived.
async fn undone((kind, value): (u8, u32), patience: Duration) -> usize {
    let site = Site::new(Speaks::Http1).await;
    let world = World::new(intercepting(&site), Vec::new()).await;
    let wire = Wire::new(&world, &site, &[]).await;
    let head = wire::head("GET", "/events", &site.authority());
    let mut begin = Vec::new();
    for stream in (1..20_000).step_by(2) {
        begin.extend(frame(wire::HEADERS, 5, stream, &head));
        begin.extend(frame(kind, 0, stream, &value.to_be_bytes()));
    }
    let code = timeout(patience, pour(wire, &begin, b"x", 0)).await.unwrap();
    assert_eq!(code, Some(CALM));
    site.requests()
}

#[tokio::test]
async fn requests_that_are_taken_back_end_the_connection_within_a_second() {
    let arrived = undone((wire::RESET, 8), Duration::from_secs(1)).await;
    assert!(arrived < 1000, "{arrived}");
}

#[tokio::test]
async fn requests_that_are_made_to_fail_end_the_connection_too() {
    // Too large a window, for which it is the other side that has to reset the stream.
    let arrived = undone((wire::WINDOW, 0x7fff_ffff), SOON).await;
    assert!(arrived < 2000, "{arrived}");
}

#[tokio::test]
async fn a_head_that_goes_on_and_on_ends_the_connection() {
    let site = Site::new(Speaks::Http1).await;
    let world = World::new(intercepting(&site), Vec::new()).await;
    let begin = frame(wire::HEADERS, 1, 1, &wire::head("GET", "/hello", &site.authority()));
    // Less than a MiB is sent, and that is enough.
    let piece = wire::field(0, b"x-large", &[b'a'; 16_000]);
    let large = frame(wire::CONTINUATION, 0, 1, &piece);
    for (drop, count) in [(large, 63), (frame(wire::CONTINUATION, 0, 1, b""), 100_000)] {
        let wire = Wire::new(&world, &site, &[]).await;
        let (length, before) = (drop.len(), memory());
        let code = timeout(SOON, pour(wire, &begin, &drop, count)).await.unwrap();
        assert!(matches!(code, Some(CALM | PROTOCOL_ERROR)), "{code:?} for {length} each");
        assert!(memory().saturating_sub(before) < COST);
    }
    assert_eq!(site.requests(), 0);
}

#[tokio::test]
async fn a_window_that_overflows_ends_what_it_is_of() {
    let site = Site::new(Speaks::Http1).await;
    let world = World::new(intercepting(&site), Vec::new()).await;
    let wire = Wire::new(&world, &site, &[]).await;
    let most = frame(wire::WINDOW, 0, 0, &0x7fff_ffff_u32.to_be_bytes());
    assert_eq!(pour(wire, b"", &most, 2).await, Some(FLOW_CONTROL_ERROR));
    let mut wire = Wire::new(&world, &site, &[]).await;
    wire.send(&frame(wire::HEADERS, 4, 1, &wire::head("POST", "/echo", &site.authority()))).await;
    wire.send(&frame(wire::WINDOW, 0, 1, &0x7fff_ffff_u32.to_be_bytes())).await;
    let reset = wire.until(|frame| frame.kind == wire::RESET).await.unwrap();
    assert_eq!((reset.stream, reset.code()), (1, Some(FLOW_CONTROL_ERROR)));
    wire.ask(3, &wire::head("GET", "/hello", &site.authority())).await;
    let answer = wire.until(|frame| frame.kind == wire::HEADERS).await.unwrap();
    assert_eq!((answer.stream, answer.status()), (3, Some(200)));
}

#[tokio::test]
async fn fields_that_unpack_into_many_are_refused() {
    let site = Site::new(Speaks::Http1).await;
    let world = World::new(intercepting(&site), Vec::new()).await;
    let mut wire = Wire::new(&world, &site, &[]).await;
    // One field goes into the table, and is named 16000 times in as many bytes.
    let mut head = wire::head("GET", "/hello", &site.authority());
    head.extend(wire::field(0x40, b"a", &[b'b'; 3000]));
    head.resize(16_000, 0xbe);
    let before = memory();
    wire.ask(1, &head).await;
    let said = wire.until(|frame| matches!(frame.kind, wire::HEADERS | wire::RESET | wire::GOAWAY));
    let said = said.await.unwrap();
    assert!(said.kind != wire::HEADERS || said.status() == Some(431), "{said:?}");
    assert!(memory().saturating_sub(before) < COST);
    assert_eq!(site.requests(), 0);
}
