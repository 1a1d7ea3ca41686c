//! Exits that say what nobody asked for, or too early.

use crate::exits::RawExit;
use crate::world::{LOGIN, World, project};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async fn world() -> (RawExit, World) {
    let exit = RawExit::new().await;
    let world = World::new(project(), vec![exit.endpoint.clone()]).await;
    (exit, world)
}

fn request(method: &str, fields: &str) -> String {
    format!("{method} http://a.example/ HTTP/1.1\r\nHost: a.example\r\n{LOGIN}{fields}\r\n")
}

#[tokio::test]
async fn what_comes_on_a_kept_connection_between_two_requests_answers_neither() {
    for method in ["GET", "DELETE"] {
        let (exit, world) = world().await;
        let mut client = world.client().await;
        client.send(request(method, "")).await;
        let mut first = exit.accept().await;
        first.head().await;
        first.send(OK).await;
        assert_eq!(client.answer().await.status, 200);
        first.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n").await;
        client.send(request(method, "")).await;
        let mut second = exit.accept().await;
        second.head().await;
        second.send(OK).await;
        assert_eq!(client.answer().await.status, 200, "{method}");
    }
}

#[tokio::test]
async fn informational_answers_without_end_are_a_502() {
    let (exit, world) = world().await;
    let mut client = world.client().await;
    client.send(request("POST", "Content-Length: 2\r\n") + "hi").await;
    let mut carrier = exit.accept().await;
    carrier.head().await;
    carrier.send("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(50) + OK).await;
    let status = loop {
        match client.head().await.status {
            103 => {}
            status => break status,
        }
    };
    assert_eq!(status, 502);
}

#[tokio::test]
async fn protocols_are_not_switched_in_the_middle_of_a_body() {
    let (exit, world) = world().await;
    let mut client = world.client().await;
    let fields = "Connection: Upgrade\r\nUpgrade: echo\r\nContent-Length: 10\r\n";
    client.send(request("POST", fields) + "01234").await;
    let mut carrier = exit.accept().await;
    carrier.head().await;
    carrier
        .send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        .await;
    assert_eq!(client.head().await.status, 502);
}
