//! CONNECT: tunnels, and how they end.

use model::exchange::{Blame, ExchangeKind};
use model::proxy::Protocol;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::exits::{GoodExit, nobody};
use crate::origin::Origin;
use crate::world::{LOGIN, SOON, World, endpoint, project};

fn connect(target: impl std::fmt::Display) -> String {
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{LOGIN}\r\n")
}

#[tokio::test]
async fn a_tunnel_carries_bytes_through_every_kind_of_exit() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    for endpoint in [exit.http(), exit.socks5(), exit.socks4()] {
        let protocol = endpoint.protocol;
        let mut world = World::new(project(), vec![endpoint]).await;
        let mut client = world.client().await;
        client.send(connect(origin.address)).await;
        let answer = client.head().await;
        assert_eq!(answer.status, 200, "{protocol}");
        let carried_by = world.proxies[0].to_string();
        assert_eq!(answer.field("Octoprox-Exit"), Some(carried_by.as_str()), "{protocol}");
        assert_eq!(answer.field("Content-Length"), None, "{protocol}");
        assert_eq!(answer.field("Transfer-Encoding"), None, "{protocol}");
        client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(client.answer().await.text(), "you asked for /a", "{protocol}");
        drop(client);
        let proxy = world.proxies[0];
        let exchange = &world.exchanges(1).await[0];
        assert_eq!((exchange.kind, exchange.status), (ExchangeKind::Connect, 200), "{protocol}");
        assert_eq!(exchange.blame, None, "{protocol}");
        assert_eq!(exchange.bytes_sent, 28, "{protocol}");
        assert_eq!(exchange.proxy, Some(proxy), "{protocol}");
    }
}

#[tokio::test]
async fn bytes_sent_ahead_of_the_answer_arrive_once_the_tunnel_is_open() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let world = World::new(project(), vec![exit.http()]).await;
    let mut client = world.client().await;
    client.send(connect(origin.address) + "GET /ahead HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(client.answer().await.text(), "you asked for /ahead");
}

#[tokio::test]
async fn half_close_crosses_in_both_directions() {
    let exit = GoodExit::new().await;
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::new(project(), vec![exit.http()]).await;
    let mut client = world.client().await;
    client.send(connect(target.local_addr().unwrap())).await;
    let (mut far, _) = target.accept().await.unwrap();
    assert_eq!(client.head().await.status, 200);
    client.send("question").await;
    client.socket.shutdown().await.unwrap();
    let mut heard = String::new();
    far.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "question");
    far.write_all(b"answer").await.unwrap();
    far.shutdown().await.unwrap();
    assert_eq!(client.rest().await, b"answer");
}

#[tokio::test]
async fn there_is_no_200_before_the_exit_has_opened_the_tunnel() {
    let exit = GoodExit::new().await;
    let mut world = World::new(project(), vec![exit.http()]).await;
    let mut client = world.client().await;
    client.send(connect(nobody().await)).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 502);
    let status = answer.field("Proxy-Status").unwrap();
    assert!(status.starts_with("octoprox; error="), "{status}");
    assert_eq!(answer.field("Connection"), Some("close"));
    assert_eq!(world.exchanges(1).await[0].blame, Some(Blame::Target));
}

#[tokio::test]
async fn a_dead_exit_is_no_tunnel() {
    let dead = endpoint(Protocol::Http, nobody().await);
    let mut world = World::new(project(), vec![dead]).await;
    let mut client = world.client().await;
    client.send(connect("example.com:443")).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 502);
    assert!(answer.field("Proxy-Status").unwrap().contains("connection_refused"));
    assert_eq!(world.exchanges(1).await[0].blame, Some(Blame::Exit));
}

#[tokio::test]
async fn a_silent_tunnel_is_closed_after_its_idle_time() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let mut spec = project();
    spec.tunnel_idle_timeout = std::time::Duration::from_secs(1);
    let world = World::new(spec, vec![exit.http()]).await;
    let mut client = world.client().await;
    client.send(connect(origin.address)).await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn the_end_of_the_node_ends_its_tunnels_and_leaves_their_records() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let mut world = World::new(project(), vec![exit.http()]).await;
    let mut client = world.client().await;
    client.send(connect(origin.address)).await;
    assert_eq!(client.head().await.status, 200);
    world.soft.cancel();
    client.send("GET /still HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), "you asked for /still");
    world.hard.cancel();
    assert_eq!(client.rest().await, b"");
    world.tracker.close();
    timeout(SOON, world.tracker.wait()).await.expect("a task outlived the node");
    assert_eq!(world.exchanges(1).await[0].blame, Some(Blame::Node));
}

#[tokio::test]
async fn the_end_of_the_node_ends_its_plain_requests_too() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let mut spec = project();
    spec.response_timeout = std::time::Duration::from_mins(5);
    let mut world = World::new(spec, vec![exit.http()]).await;
    let mut client = world.client().await;
    let host = origin.address;
    client.send(format!("GET http://{host}/silent HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n")).await;
    origin.arrival("/silent").await;
    world.soft.cancel();
    world.hard.cancel();
    assert_eq!(client.rest().await, b"");
    world.tracker.close();
    timeout(SOON, world.tracker.wait()).await.expect("a task outlived the node");
    assert_eq!(world.exchanges(1).await[0].blame, Some(Blame::Node));
}
