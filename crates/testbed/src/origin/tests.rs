//! The origin answers what its table says, and remembers what it was sent.

use super::*;
use crate::client::Client;
use crate::clock::{SOON, eventually};
use crate::websocket;
use crate::wire::body::pattern;

async fn ask(method: &str, path: &str, fields: &str) -> crate::client::Answer {
    let origin = Origin::start().await.unwrap();
    let mut client = Client::connect(origin.address()).await.unwrap();
    client.ask(method, path, fields).await.unwrap()
}

#[tokio::test]
async fn an_echo_tells_what_arrived() {
    let origin = Origin::start().await.unwrap();
    let mut client = Client::connect(origin.address()).await.unwrap();
    client
        .send("POST /echo?a=b HTTP/1.1\r\nHost: x\r\nX-aB: 1\r\nContent-Length: 5\r\n\r\nhello")
        .await
        .unwrap();
    let echo = client.answer("POST").await.unwrap().json().unwrap();
    assert_eq!(echo["method"], "POST");
    assert_eq!(echo["target"], "/echo?a=b");
    assert_eq!(echo["fields"][1], serde_json::json!(["X-aB", "1"]));
    assert_eq!(echo["body"]["bytes"], 5);
    assert_eq!(echo["body"]["sha256"], sha256(b"hello"));
    assert_eq!(echo["peer"], "127.0.0.1");

    let second = client.ask("GET", "/keep", "").await.unwrap().json().unwrap();
    assert_eq!(second, serde_json::json!({ "connection": 1, "request": 2 }));
    let heard = origin.connections()[0].heard.clone();
    assert!(heard.bytes.starts_with(b"POST /echo?a=b"), "{heard:?}");
    assert_eq!(heard.total, heard.bytes.len() as u64);
    assert_eq!((origin.request_count(), origin.connection_count()), (2, 1));
}

#[tokio::test]
async fn bodies_come_in_every_framing() {
    for path in ["/bytes/100000", "/chunked/100000", "/until-close/100000"] {
        let answer = ask("GET", path, "").await;
        assert!(answer.complete && answer.body == pattern(0, 100_000), "{path}");
    }
    let trailers = ask("GET", "/trailers", "").await.trailers;
    assert_eq!(trailers[0], ("X-Trailer".to_owned(), "here".to_owned()));
    assert_eq!(ask("GET", "/drip/3/1", "").await.body, pattern(0, 3));
    assert!(!ask("GET", "/close-half", "").await.complete);
}

#[tokio::test]
async fn an_answer_without_a_body_has_none() {
    let head = ask("HEAD", "/bytes/1000", "").await;
    assert_eq!((head.head.get("content-length"), head.body.len()), (Some("1000"), 0));
    for status in [204, 304] {
        let origin = Origin::start().await.unwrap();
        let mut client = Client::connect(origin.address()).await.unwrap();
        let answer = client.ask("GET", &format!("/status/{status}"), "").await.unwrap();
        assert_eq!((answer.status(), answer.head.get("content-length")), (status, None));
        assert_eq!(client.ask("GET", "/keep", "").await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn informational_answers_come_first() {
    let hinted = ask("GET", "/hints", "").await;
    assert_eq!((hinted.informational[0].status(), hinted.status()), (103, 200));

    let origin = Origin::start().await.unwrap();
    let mut client = Client::connect(origin.address()).await.unwrap();
    let head =
        "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    client.send(head).await.unwrap();
    assert_eq!(client.wire.reader.head().await.unwrap().unwrap().status(), 100);
    client.send("ab").await.unwrap();
    assert_eq!(client.answer("POST").await.unwrap().json().unwrap()["body"]["bytes"], 2);
}

#[tokio::test]
async fn a_websocket_echoes() {
    let origin = Origin::start().await.unwrap();
    let mut client = Client::connect(origin.address()).await.unwrap();
    let fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let answer = client.ask("GET", "/websocket", fields).await.unwrap();
    assert_eq!(answer.status(), 101);
    assert_eq!(answer.head.get("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    for (sent, expected) in [(1, 1), (9, 10), (8, 8)] {
        client.send(websocket::frame(sent, b"hi", Some([1, 2, 3, 4]))).await.unwrap();
        let frame = websocket::read(&mut client.wire.reader).await.unwrap();
        assert_eq!((frame.opcode, &*frame.payload), (expected, &b"hi"[..]));
    }
    client.closed().await.unwrap();
}

#[tokio::test]
async fn a_stalled_request_is_noticed_and_its_end_too() {
    let origin = Origin::start().await.unwrap();
    let mut client = Client::connect(origin.address()).await.unwrap();
    client.send("GET /stall HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let asked = || async { (origin.request_count() == 1).then_some(()) };
    eventually("the request", SOON, asked).await.unwrap();
    assert!(origin.connections()[0].open);
    drop(client);
    let closed = || async { (!origin.connections()[0].open).then_some(()) };
    eventually("the end of the connection", SOON, closed).await.unwrap();
}

#[tokio::test]
async fn a_body_that_is_cut_off_has_no_digest() {
    let origin = Origin::start().await.unwrap();
    let mut client = Client::connect(origin.address()).await.unwrap();
    client.send("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc").await.unwrap();
    client.wire.writer.finish().await.unwrap();
    assert!(client.answer("POST").await.is_err());
    assert_eq!(origin.requests()[0].body_bytes, 3);
    assert_eq!(origin.requests()[0].body_digest, None);
}

#[tokio::test]
async fn tls_is_spoken_to_whoever_believes_the_authority() {
    let authority = Authority::new().unwrap();
    let origin = Origin::start_tls(&authority).await.unwrap();
    let wire = Wire::connect(origin.address()).await.unwrap();
    let mut client = Client::over(authority.secure(wire, "www.target.test").await.unwrap());
    assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200);
    let wire = Wire::connect(origin.address()).await.unwrap();
    assert!(Authority::new().unwrap().secure(wire, "target.test").await.is_err());
}
