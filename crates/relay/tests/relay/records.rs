//! What the record of a request says.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::exits::{GoodExit, RawExit};
use crate::origin::Origin;
use crate::world::{LOGIN, World, project};

async fn world() -> (Origin, GoodExit, World) {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let world = World::new(project(), vec![exit.http()]).await;
    (origin, exit, world)
}

#[tokio::test]
async fn switched_protocols_are_a_101() {
    let (origin, _exit, mut world) = world().await;
    let mut client = world.client().await;
    let host = origin.address;
    client
        .send(format!(
            "GET http://{host}/upgrade HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\
             Connection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        ))
        .await;
    assert_eq!(client.head().await.status, 101);
    drop(client);
    assert_eq!(world.exchanges(1).await[0].status, 101);
}

#[tokio::test]
async fn a_request_is_over_when_it_is_answered_and_not_when_its_client_has_gone() {
    let (origin, _exit, mut world) = world().await;
    let host = origin.address;
    let mut clients = Vec::new();
    for (path, status) in [(format!("http://{host}/a"), 200), ("http://10.0.0.1/".to_owned(), 403)]
    {
        let mut client = world.client().await;
        client
            .send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n{LOGIN}Connection: close\r\n\r\n"))
            .await;
        assert_eq!(client.answer().await.status, status);
        clients.push(client);
    }
    for exchange in world.exchanges(2).await {
        assert!(exchange.duration < Duration::from_millis(900), "{exchange:?}");
    }
}

#[tokio::test]
async fn empty_lines_behind_a_request_are_no_request() {
    let (origin, _exit, mut world) = world().await;
    let host = origin.address;
    for _ in 0..2 {
        let mut client = world.client().await;
        client
            .send(format!(
                "POST http://{host}/a HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\
                 Content-Length: 2\r\n\r\nhi\r\n"
            ))
            .await;
        assert_eq!(client.answer().await.status, 200);
        client.socket.shutdown().await.unwrap();
        assert_eq!(client.rest().await, b"");
    }
    assert!(world.exchanges(2).await.iter().all(|exchange| exchange.status == 200));
}

#[tokio::test]
async fn latency_reaches_to_the_head_of_the_answer() {
    let exit = RawExit::new().await;
    let mut world = World::new(project(), vec![exit.endpoint.clone()]).await;
    let mut client = world.client().await;
    client
        .send(format!("DELETE http://a.example/ HTTP/1.1\r\nHost: a.example\r\n{LOGIN}\r\n"))
        .await;
    let mut carrier = exit.accept().await;
    carrier.head().await;
    let thinking = Duration::from_millis(50);
    tokio::time::sleep(thinking).await;
    carrier.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
    assert!(world.exchanges(1).await[0].latency >= thinking);
}
