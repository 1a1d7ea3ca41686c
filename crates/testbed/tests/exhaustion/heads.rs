//! Heads that come slowly, and heads that are too large.

use std::time::Duration;

use anyhow::Result;
use testbed::client::Client;
use testbed::wire::{Wire, Writer};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

use super::stage::Stage;

/// What these nodes are told, so that tests are short. 10 seconds is the default.
const TIMEOUT: Duration = Duration::from_secs(1);
const SETTINGS: &[(&str, &str)] = &[("OCTOPROX_HEAD_TIMEOUT", "1s")];
/// At the latest, on a machine that has other things to do.
const LATEST: Duration = Duration::from_secs(2);

#[track_caller]
fn assert_on_time(begun: Instant) {
    let took = begun.elapsed();
    assert!(took > TIMEOUT / 2 && took < LATEST, "{took:?}");
}

/// Waits for the 408, and the end of the connection behind it.
async fn is_408(client: &mut Client) {
    let answer = client.answer("GET").await.unwrap();
    assert_eq!(answer.status(), 408, "{}", answer.text());
    assert_eq!(answer.head.get("connection"), Some("close"));
    assert!(answer.head.get("proxy-status").unwrap().starts_with("octoprox; error="));
    client.closed().await.unwrap();
}

#[tokio::test]
async fn a_head_that_does_not_end_is_answered_408() {
    let stage = Stage::set(SETTINGS).await;
    let login = stage.login();
    for part in [
        "G".to_owned(),
        "GET http://target.test/echo HTTP/1.1\r\n".to_owned(),
        format!("GET http://target.test/echo HTTP/1.1\r\nHost: target.test\r\n{login}"),
        format!("CONNECT target.test:443 HTTP/1.1\r\nHost: target.test:443\r\n{login}\r"),
    ] {
        let mut client = stage.world.client().await.unwrap();
        client.send(&part).await.unwrap();
        let begun = Instant::now();
        is_408(&mut client).await;
        assert_on_time(begun);
    }
    // A probe may have come by meanwhile, which says nothing.
    assert_eq!(stage.exit.heard(), 0, "nothing of it left the node");
}

/// A byte now and then does not make it longer.
#[tokio::test]
async fn a_head_that_drips_is_answered_408() {
    let stage = Stage::set(SETTINGS).await;
    let mut client = stage.world.client().await.unwrap();
    let begun = Instant::now();
    let head = format!("GET http://target.test/echo HTTP/1.1\r\n{}", stage.login());
    let drip = drip(&mut client.wire.writer, head.as_bytes());
    let reader = &mut client.wire.reader;
    let answer = tokio::select! {
        _sent = drip => panic!("the node waits for ever"),
        head = reader.head() => head.unwrap().unwrap(),
    };
    assert_eq!(answer.status(), 408);
    assert_on_time(begun);
}

async fn drip(writer: &mut Writer, bytes: &[u8]) -> Result<()> {
    for byte in bytes {
        sleep(Duration::from_millis(50)).await;
        writer.send([*byte]).await?;
    }
    sleep(LATEST).await;
    Ok(())
}

#[tokio::test]
async fn a_silent_client_is_closed() {
    let stage = Stage::set(SETTINGS).await;
    let begun = Instant::now();
    stage.world.client().await.unwrap().closed().await.unwrap();
    assert_on_time(begun);
    // Empty lines begin nothing.
    let mut client = stage.world.client().await.unwrap();
    client.send("\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    client.closed().await.unwrap();
    assert_on_time(begun);
}

/// Between two requests a client may be silent for longer, but not within the second one.
#[tokio::test]
async fn the_second_head_is_timed_from_its_first_byte() {
    let stage = Stage::set(SETTINGS).await;
    let mut client = stage.world.client().await.unwrap();
    stage.ask(&mut client).await.unwrap();
    sleep(TIMEOUT * 2).await;
    stage.ask(&mut client).await.unwrap();
    client.send("GET http://target.test/").await.unwrap();
    let begun = Instant::now();
    is_408(&mut client).await;
    assert_on_time(begun);
}

#[tokio::test]
async fn a_slow_socks_handshake_is_closed() {
    let stage = Stage::set(SETTINGS).await;
    for part in [&[5][..], &[5, 2, 0], &[5, 1, 2], &[4, 1, 0]] {
        let mut client = stage.world.client().await.unwrap();
        client.send(part).await.unwrap();
        let begun = Instant::now();
        let _reply = client.wire.reader.rest().await.unwrap();
        assert_on_time(begun);
    }
}

/// A field line of so many bytes in all.
fn field(name: &str, bytes: usize) -> String {
    format!("{name}: {}\r\n", "a".repeat(bytes.saturating_sub(name.len() + 4)))
}

#[tokio::test]
async fn a_large_head_is_answered_431() {
    let stage = Stage::set(&[]).await;
    let url = "http://target.test/echo";
    let start = format!("GET {url} HTTP/1.1\r\nHost: target.test\r\n{}", stage.login()).len();
    let room = 65_536 - start - 2;
    assert_eq!(stage.status_of(url, &field("X-Large", room)).await, 200, "64 KiB to the byte");
    assert_eq!(stage.status_of(url, &field("X-Large", room + 1)).await, 431);
    assert_eq!(stage.status_of(url, &field("X-Large", 100_000)).await, 431);
    let many: String = (0..70).map(|number| field(&format!("X-{number}"), 1_000)).collect();
    assert_eq!(stage.status_of(url, &many).await, 431);
}

#[tokio::test]
async fn more_than_a_hundred_fields_are_answered_431() {
    let stage = Stage::set(&[]).await;
    let fields = |count: usize| "X: y\r\n".repeat(count);
    let url = "http://target.test/echo";
    // Host and the login are fields too.
    assert_eq!(stage.status_of(url, &fields(98)).await, 200);
    assert_eq!(stage.status_of(url, &fields(99)).await, 431);
    assert_eq!(stage.status_of(url, &fields(2_000)).await, 431);
}

#[tokio::test]
async fn a_long_target_is_answered_414() {
    let stage = Stage::set(&[]).await;
    let url = |length: usize| format!("http://target.test/echo?{}", "q".repeat(length - 24));
    assert_eq!(stage.status_of(&url(16_384), "").await, 200);
    assert_eq!(stage.status_of(&url(16_385), "").await, 414);
    assert_eq!(stage.status_of(&url(60_000), "").await, 414);
    assert_eq!(stage.status_of(&url(200_000), "").await, 414, "not even its end is waited for");
}

/// A hundred clients each send megabytes of head, without an end.
#[tokio::test]
async fn heads_without_end_take_no_memory() {
    let stage = Stage::set(&[]).await;
    let mut warm = stage.world.client().await.unwrap();
    stage.ask(&mut warm).await.unwrap();
    let before = stage.world.node.process.resident_bytes().unwrap();
    let chunk = vec![b'a'; 1024 * 1024];
    for _ in 0..100 {
        let mut socket = stage.connection().await;
        socket.write_all(b"GET http://target.test/ HTTP/1.1\r\nX-Endless: ").await.unwrap();
        let mut sent = 0;
        // The node has its limit, and closes behind its answer.
        while sent < 64 && socket.write_all(&chunk).await.is_ok() {
            sent += 1;
        }
        assert!(sent < 64, "the node reads on and on");
        drop(Wire::new(Box::new(socket)));
    }
    let grown = stage.world.node.process.resident_bytes().unwrap().saturating_sub(before);
    eprintln!("heads without end: memory grew by {} KiB", grown / 1024);
    assert!(grown < 16 * 1024 * 1024, "{grown} bytes");
    stage.ask(&mut warm).await.unwrap();
}
