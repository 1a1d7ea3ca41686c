//! The PROXY protocol: required where it is on, from whom it is expected, and nowhere understood
//! otherwise.

use relay::Settings;

use crate::origin::Origin;
use crate::world::{Client, World, project};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A relay behind balancers of `network`, which lets clients in that say they are 192.0.2.7.
async fn behind(network: &str) -> World {
    let mut spec = project();
    spec.source_cidrs = vec!["192.0.2.7/32".parse().unwrap()];
    let proxy_protocol_from = vec![network.parse().unwrap()];
    World::with(spec, Vec::new(), Settings { proxy_protocol_from, ..Settings::default() }).await
}

/// Version 2 with these addresses: `\x11` is TCP over IPv4, `\x20` the balancer's own connection.
fn version_2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &length, body].concat()
}

fn from_192_0_2_7() -> Vec<u8> {
    version_2(0x21, 0x11, &[192, 0, 2, 7, 192, 0, 2, 1, 0x12, 0x34, 0x1f, 0x90])
}

async fn get_after(world: &World, header: &[u8], origin: &Origin) -> Client {
    let mut client = world.client().await;
    let host = origin.address;
    let get = format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
    client.send([header, get.as_bytes()].concat()).await;
    client
}

#[tokio::test]
async fn a_balancer_says_who_the_client_is() {
    let (mut world, origin) = (behind("127.0.0.0/8").await, Origin::new().await);
    let line = b"PROXY TCP4 192.0.2.7 192.0.2.1 4660 8080\r\n".to_vec();
    let with_extension =
        version_2(0x21, 0x11, &[192, 0, 2, 7, 192, 0, 2, 1, 0x12, 0x34, 0x1f, 0x90, 4, 0, 1, 9]);
    for header in [line, from_192_0_2_7(), with_extension] {
        let mut client = get_after(&world, &header, &origin).await;
        assert_eq!(client.answer().await.status, 200, "{header:?}");
    }
    let exchanges = world.exchanges(3).await;
    assert!(exchanges.iter().all(|exchange| exchange.client.to_string() == "192.0.2.7"));
    let other = b"PROXY TCP4 192.0.2.8 192.0.2.1 4660 8080\r\n";
    assert_eq!(get_after(&world, other, &origin).await.answer().await.status, 407);
}

#[tokio::test]
async fn a_balancer_may_ask_for_our_health_in_its_own_name() {
    let world = behind("127.0.0.0/8").await;
    for header in [version_2(0x20, 0, &[]), b"PROXY UNKNOWN\r\n".to_vec()] {
        let mut client = world.client().await;
        client.send([&header, &b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n"[..]].concat()).await;
        assert_eq!(client.answer().await.status, 200, "{header:?}");
    }
}

#[tokio::test]
async fn whoever_does_not_begin_with_it_is_not_let_in() {
    let (world, origin) = (behind("127.0.0.0/8").await, Origin::new().await);
    let too_long = version_2(0x21, 0x11, &[0; 2000]);
    let endless = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200]].concat();
    let wrong = [&b"\r\n\r\n\0\r\nQUIX\n\x21\x11\0\0"[..], &[0; 12]].concat();
    for header in [Vec::new(), b"PROXY TCP4 nobody\r\n".to_vec(), too_long, endless, wrong] {
        let mut client = get_after(&world, &header, &origin).await;
        assert_eq!(client.rest().await, b"", "{header:?}");
    }
}

#[tokio::test]
async fn nobody_else_may_connect_or_say_who_they_are() {
    let (world, origin) = (behind("198.51.100.0/24").await, Origin::new().await);
    for header in [from_192_0_2_7(), Vec::new()] {
        let mut client = get_after(&world, &header, &origin).await;
        assert_eq!(client.rest().await, b"");
    }
    // Switched off, it is no request.
    let world = World::new(project(), Vec::new()).await;
    for header in [from_192_0_2_7(), b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n".to_vec()] {
        let mut client = get_after(&world, &header, &origin).await;
        assert_eq!(client.answer().await.status, 400);
        assert_eq!(client.rest().await, b"");
    }
}
