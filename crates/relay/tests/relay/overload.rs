//! More than the project may have under way, or than the node has memory for.

use relay::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::exits::GoodExit;
use crate::origin::Origin;
use crate::world::{Client, LOGIN, World, project};

fn get(target: impl std::fmt::Display) -> String {
    format!("GET http://{target}/a HTTP/1.1\r\nHost: {target}\r\n{LOGIN}\r\n")
}

async fn tunnel(world: &World, origin: &Origin) -> (u16, Client) {
    let (mut client, target) = (world.client().await, origin.address);
    client.send(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{LOGIN}\r\n")).await;
    (client.head().await.status, client)
}

/// The status of a plain request on a connection of its own.
async fn status(world: &World, origin: &Origin) -> u16 {
    let mut client = world.client().await;
    client.send(get(origin.address)).await;
    client.head().await.status
}

async fn speaks(tunnel: &mut Client) {
    tunnel.send("GET /inside HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(tunnel.answer().await.text(), "you asked for /inside");
}

#[tokio::test]
async fn a_project_has_so_many_requests_under_way_and_no_more() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let mut spec = project();
    spec.max_in_flight = Some(2);
    let mut world = World::new(spec, vec![exit.http()]).await;
    let (first, mut one) = tunnel(&world, &origin).await;
    let (second, two) = tunnel(&world, &origin).await;
    assert_eq!((first, second), (200, 200));

    let mut third = world.client().await;
    third.send(get(origin.address)).await;
    let told = third.answer().await;
    assert_eq!((told.status, told.field("Retry-After")), (429, Some("1")), "{}", told.head);
    assert_eq!(told.field("Connection"), Some("close"));
    let mut socks = world.client().await;
    socks.send(b"\x05\x01\x02\x01\x04demo\x04demo").await;
    assert_eq!(socks.exactly(4).await, [5, 2, 1, 0]);
    socks.send(b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50").await;
    assert_eq!(socks.exactly(2).await, [5, 1]);
    speaks(&mut one).await;

    // A place is free as soon as a request is over, be it one that was refused.
    drop(two);
    world.exchanges(3).await;
    let mut plain = world.client().await;
    for _ in 0..5 {
        plain.send(get(origin.address)).await;
        assert_eq!(plain.answer().await.status, 200);
    }
}

#[tokio::test]
async fn a_node_short_of_memory_gives_up_one_thing_after_another() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let world = World::with(project(), vec![exit.http()], Settings::default()).await;
    let (_, mut open) = tunnel(&world, &origin).await;
    let mut kept = world.client().await;
    kept.send(get(origin.address)).await;
    assert_eq!(kept.answer().await.field("Connection"), None);

    world.pressure.set(92);
    kept.send(get(origin.address)).await;
    let answer = kept.answer().await;
    assert_eq!((answer.status, answer.field("Connection")), (200, Some("close")));
    assert_eq!(kept.socket.read(&mut [0]).await.unwrap(), 0);

    world.pressure.set(95);
    let mut refused = world.client().await;
    refused.send(get(origin.address)).await;
    let told = refused.answer().await;
    assert_eq!((told.status, told.field("Retry-After")), (503, Some("1")), "{}", told.head);
    assert_eq!(tunnel(&world, &origin).await.0, 503);
    let mut probe = world.client().await;
    probe.send("GET /ready HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(probe.head().await.status, 503);
    speaks(&mut open).await;

    world.pressure.set(50);
    assert_eq!(status(&world, &origin).await, 200);
    speaks(&mut open).await;
    open.socket.shutdown().await.unwrap();
}
