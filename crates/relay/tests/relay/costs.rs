//! What clients and targets of intercepted tunnels can make a node pay.

use std::time::Duration;

use futures_util::StreamExt;
use model::ban::{Actions, BanRule, Signs};
use model::exchange::Blame;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use crate::intercepted::intercepting;
use crate::secure::{self, Browser, Site, Speaks};
use crate::wire::{self, Wire};
use crate::world::{Client, LOGIN, SOON, World};

/// Bytes that this process has in memory.
fn memory() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

async fn connected(world: &World, site: &Site) -> Client {
    let (to, mut client) = (site.authority(), world.client().await);
    client.send(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{LOGIN}\r\n")).await;
    assert_eq!(client.head().await.status, 200);
    client
}

#[tokio::test]
async fn names_without_end_cost_a_budget_and_no_memory_and_starve_nobody_else() {
    let site = Site::new(Speaks::Http1).await;
    let (spec, mut other) = (intercepting(&site), intercepting(&site));
    other.username = "other".to_owned();
    let world = World::of_two(spec, other).await;
    let before = memory();
    let flood = futures_util::stream::iter(0..5000)
        .map(|number| {
            let (world, site) = (&world, &site);
            async move {
                let client = connected(world, site).await;
                let name = format!("{number}.test");
                secure::handshake(client.socket, &name, world, Speaks::Http1).await.is_ok()
            }
        })
        .buffer_unordered(50)
        .filter(|is_served| std::future::ready(*is_served))
        .count();
    let neighbour = async {
        for _ in 0..20 {
            let mut browser = Browser::of(&world, &site, Speaks::Http1, "other").await;
            assert_eq!(browser.get("/hello").await.status(), 200);
        }
    };
    let (served, ()) = tokio::join!(flood, neighbour);
    // The budget is one of each minute, and a minute may have turned.
    assert!((600..=1800).contains(&served), "{served}");
    let grown = memory().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes");
    // Whoever has spent the budget keeps what is known.
    let client = connected(&world, &site).await;
    assert!(secure::handshake(client.socket, "0.test", &world, Speaks::Http1).await.is_ok());
}

#[tokio::test]
async fn handshakes_that_are_given_up_leave_nothing_and_are_no_success() {
    let site = Site::new(Speaks::Http1).await;
    let mut world = World::new(intercepting(&site), Vec::new()).await;
    let (hello, before) = (secure::hello("127.0.0.1", &world), descriptors());
    for number in 0..1000 {
        let mut client = connected(&world, &site).await;
        if number % 2 == 0 {
            client.send(&hello[..hello.len() / 2]).await;
        } else {
            client.send(&hello).await;
            let mut answer = [0; 100];
            timeout(SOON, client.socket.read_exact(&mut answer)).await.unwrap().unwrap();
        }
    }
    let seen = world.exchanges(1000).await;
    assert!(seen.iter().all(|seen| seen.blame == Some(Blame::Client)));
    let closing = async {
        while descriptors() > before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, closing).await.expect("something is left open");
    assert_eq!(site.requests(), 0);
}

#[tokio::test]
async fn a_client_that_asks_for_all_and_reads_nothing_is_not_kept_in_memory() {
    let site = Site::new(Speaks::Http1).await;
    let world = World::new(intercepting(&site), Vec::new()).await;
    let mut wire = Wire::new(&world, &site, &[(4, 0x7fff_ffff)]).await;
    wire.agree().await;
    wire.send(&wire::frame(wire::WINDOW, 0, 0, &0x7fff_0000_u32.to_be_bytes())).await;
    let ask = wire::head("GET", "/endless", &site.authority());
    // Connections and their tasks are there before it is measured.
    let hold = wire::head("GET", "/events", &site.authority());
    for stream in (1..200).step_by(2) {
        wire.ask(stream, &hold).await;
    }
    while site.requests() < 100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for stream in (1..200).step_by(2) {
        wire.send(&wire::frame(wire::RESET, 0, stream, &8_u32.to_be_bytes())).await;
    }
    let before = memory();
    for stream in (201..400).step_by(2) {
        wire.ask(stream, &ask).await;
    }
    let mut most = settled().await;
    while site.requests() < 200 {
        most = settled().await;
    }
    // The target, whose TLS buffers as well, is in this process, too.
    let grown = most.saturating_sub(before);
    assert!(grown < 30 << 20, "{grown} bytes");
}

/// The memory that this process has when it does not grow any more.
async fn settled() -> usize {
    let mut most = memory();
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = memory();
        if now <= most + (64 << 10) {
            return now;
        }
        most = now;
    }
}

/// Zeros, 258 for every 13 bits (RFC 1951 section 3.2.6: literal 0, and then copies of it).
fn bomb(copies: usize) -> Vec<u8> {
    let mut bytes = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    let (mut held, mut count) = (0_u8, 0);
    let mut put = |bits: &str| {
        for bit in bits.bytes() {
            held |= (bit - b'0') << count;
            count += 1;
            if count == 8 {
                bytes.push(std::mem::take(&mut held));
                count = 0;
            }
        }
    };
    // A last block of fixed codes, of which the beginning goes first.
    put("110");
    put("00110000");
    (0..copies).for_each(|_| put("1100010100000"));
    put("000000000000000");
    bytes
}

#[tokio::test]
async fn a_bomb_goes_through_as_it_is_and_is_unpacked_no_further_than_looked_at() {
    let site = Site::new(Speaks::Http1).await;
    let bomb = bomb(400_000);
    let signs = |body: &str| Signs { body: Some(body.to_owned()), ..Signs::default() };
    // Nobody looks, a rule that does not find what it looks for, and one that does.
    for (body, is_banned) in [(None, false), (Some("captcha"), false), (Some(r"\x00{500}"), true)] {
        let mut spec = intercepting(&site);
        spec.bans.extend(body.map(|body| BanRule {
            name: "page".to_owned(),
            enabled: true,
            domains: Vec::new(),
            signs: signs(body),
            actions: Actions::default(),
            dry_run: false,
            max_share: 100,
        }));
        let mut world = World::new(spec, Vec::new()).await;
        let mut browser = Browser::new(&world, &site, Speaks::Http1).await;
        let before = memory();
        let answer = browser.post("/gzip", &bomb).await;
        assert_eq!(answer.headers()["content-encoding"], "gzip");
        assert!(answer.body()[..] == bomb[..], "{body:?}: {} bytes", answer.body().len());
        // Unpacked it is a hundred megabytes.
        let grown = memory().saturating_sub(before);
        assert!(grown < 32 << 20, "{body:?}: {grown} bytes");
        assert_eq!(world.exchanges(1).await[0].banned_by.is_some(), is_banned, "{body:?}");
    }
}
