//! SOCKS clients.

use std::net::SocketAddr;
use std::time::Duration;

use relay::Settings;

use crate::exits::GoodExit;
use crate::origin::Origin;
use crate::world::{World, project};

async fn world() -> (Origin, GoodExit, World) {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let world = World::new(project(), vec![exit.http()]).await;
    (origin, exit, world)
}

fn v4(address: SocketAddr) -> Vec<u8> {
    let SocketAddr::V4(address) = address else { panic!("an IPv4 address") };
    [&[5, 1, 0, 1][..], &address.ip().octets(), &address.port().to_be_bytes()].concat()
}

const HELLO: &[u8] = &[5, 1, 2];
const LOGIN: &[u8] = b"\x01\x04demo\x04demo";

#[tokio::test]
async fn socks5_with_a_login_opens_a_tunnel() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    client.send(HELLO).await;
    assert_eq!(client.exactly(2).await, [5, 2]);
    client.send(LOGIN).await;
    assert_eq!(client.exactly(2).await, [1, 0]);
    client.send(v4(origin.address)).await;
    assert_eq!(client.exactly(10).await[..2], [5, 0]);
    client.send("GET /s HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), "you asked for /s");
}

#[tokio::test]
async fn a_slow_handshake_takes_no_time_away_from_exits() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let mut spec = project();
    spec.connection_timeout = Duration::from_secs(1);
    let world = World::new(spec, vec![exit.http()]).await;
    let mut client = world.client().await;
    client.send([HELLO, LOGIN].concat()).await;
    assert_eq!(client.exactly(4).await, [5, 2, 1, 0]);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    client.send(v4(origin.address)).await;
    assert_eq!(client.exactly(10).await[..2], [5, 0]);
}

#[tokio::test]
async fn socks5_refuses_what_it_must_with_the_right_reply() {
    let (origin, _exit, mut world) = world().await;
    // No login at all.
    let mut client = world.client().await;
    client.send([5, 1, 0]).await;
    assert_eq!(client.rest().await, [5, 0xff]);
    // A wrong one.
    let mut client = world.client().await;
    client.send(HELLO).await;
    client.send(b"\x01\x04demo\x05wrong").await;
    assert_eq!(client.rest().await, [5, 2, 1, 1]);
    // BIND; a forbidden target; a name that is none.
    let mut bind = v4(origin.address);
    bind[1] = 2;
    let forbidden = v4("10.0.0.1:80".parse().unwrap());
    let bad_name = b"\x05\x01\x00\x03\x03a b\x00\x50".to_vec();
    for (request, reply) in [(bind, 7), (forbidden, 2), (bad_name, 1)] {
        let mut client = world.client().await;
        client.send([HELLO, LOGIN, &request].concat()).await;
        let all = client.rest().await;
        assert_eq!(all[..4], [5, 2, 1, 0]);
        assert_eq!(all[4..], [5, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    assert_eq!(world.exchanges(5).await.len(), 5);
}

#[tokio::test]
async fn socks4a_opens_a_tunnel_with_the_login_in_its_user_id() {
    let (origin, _exit, world) = world().await;
    let port = origin.address.port().to_be_bytes();
    let mut client = world.client().await;
    client.send([&[4, 1][..], &port, &[127, 0, 0, 1], b"demo:demo\0"].concat()).await;
    assert_eq!(client.exactly(8).await[..2], [0, 0x5a]);
    client.send("GET /s4 HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(client.answer().await.text(), "you asked for /s4");
    let mut wrong = world.client().await;
    wrong.send([&[4, 1][..], &port, &[127, 0, 0, 1], b"demo:no\0"].concat()).await;
    assert_eq!(wrong.rest().await[..2], [0, 0x5d]);
    let mut local = world.client().await;
    local.send([&[4, 1][..], &port, &[0, 0, 0, 1], b"demo:demo\0localhost\0"].concat()).await;
    assert_eq!(local.exactly(8).await[..2], [0, 0x5b]);
}

#[tokio::test]
async fn socks5_hears_no_more_than_the_verdict_on_a_login_that_cannot_be_used() {
    let (_origin, _exit, world) = world().await;
    // A parameter that does not exist, a control character, another exchange than RFC 1929's.
    for login in [&b"\x01\x0ademo-a-bcd\x04demo"[..], b"\x01\x02a\n\x04demo", b"\x05\x01\x00"] {
        let mut client = world.client().await;
        client.send([HELLO, login].concat()).await;
        assert_eq!(client.rest().await, [5, 2, 1, 1], "{}", login.escape_ascii());
    }
}

#[tokio::test]
async fn a_slow_handshake_is_refused_in_the_protocol_of_the_client() {
    let settings = Settings { head_timeout: Duration::from_millis(200), ..Settings::default() };
    let world = World::with(project(), Vec::new(), settings).await;
    for (begun, answer) in
        [(&[4, 1][..], &[0, 0x5b, 0, 0, 0, 0, 0, 0][..]), (HELLO, &[5, 2]), (&[5], &[])]
    {
        let mut client = world.client().await;
        client.send(begun).await;
        assert_eq!(client.rest().await, answer);
    }
}
