//! Everything at once for as long as one likes, over exits of which most misbehave: what a node holds
//! must not grow.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use model::proxy::Protocol;
use serde_json::json;
use testbed::proxies::{Behaviour, Exit, Setup};
use testbed::world;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use super::window::Clients;
use super::{Setting, connect, inner, plain, tunnel};
use crate::backend::{Backend, DOWN, STEP};
use crate::connection::{Answered, Connection, Room};
use crate::peers::Peer;
use crate::table::Figure;
use crate::usage;

const ACCOUNT: &str = "soak";
const SESSIONS: u64 = 1_000;
/// Clients of each kind.
const CLIENTS: u64 = 6;
const PAUSE: Duration = Duration::from_millis(20);
/// Bytes after which one has seen enough of a stream.
const ENOUGH: usize = 16 * 1024 * 1024;
/// The part of the time that is warm-up, and the parts of the rest that are compared.
const WARM_UP: usize = 5;
const PARTS: usize = 20;
const SAMPLES: u32 = 500;
/// For unused connections to go: those to exits are kept for 30 s.
const SETTLED: Duration = Duration::from_secs(90);

/// What is wrong with exits; one of each.
const WRONG: [Behaviour; 12] = [
    Behaviour::Refuse,
    Behaviour::Hang,
    Behaviour::Close,
    Behaviour::Reset,
    Behaviour::Answer(503),
    Behaviour::Answer(407),
    Behaviour::Garbage,
    Behaviour::ShortReply,
    Behaviour::OkThenClose,
    Behaviour::CutAfter(100),
    Behaviour::HugeHead(100_000),
    Behaviour::Delay(Duration::from_millis(300)),
];

#[derive(Default)]
struct Tally {
    fine: AtomicU64,
    failed: AtomicU64,
}

pub(super) async fn measure(peer: &Peer, (plan, backend, _): Setting<'_>) -> Result<Vec<Figure>> {
    let process = peer.process()?.context("no process")?;
    let _exits = join(peer, backend).await?;
    let node = &peer.world().context("no node")?.node.process;
    let sockets = node.open_sockets()?;
    let (clients, tally) = (Clients::new(), Arc::<Tally>::default());
    for number in 0..CLIENTS {
        for kind in [Kind::Kept, Kind::Tunnel, Kind::Socks, Kind::Stream, Kind::Gone] {
            clients.add(go_on(peer.address, (kind, number), Arc::clone(&tally)));
        }
    }
    let mut held = Vec::new();
    for _ in 0..SAMPLES {
        sleep(plan.window / SAMPLES).await;
        held.push(usage::resident_bytes(process)?);
    }
    clients.end().await?;
    let deadline = Instant::now() + SETTLED;
    while node.open_sockets()? > sockets && Instant::now() < deadline {
        sleep(PAUSE).await;
    }
    held.drain(..held.len() / WARM_UP);
    let (held, spread) = middle_and_spread(&held);
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Ok(vec![
        Figure::count("fine", count(&tally.fine)),
        Figure::count("failed", count(&tally.failed)),
        Figure::new("MiB", held / f64::from(1 << 20)),
        Figure::new("± %", spread),
        Figure::count("sockets before", sockets as u64),
        Figure::count("sockets after", node.open_sockets()? as u64),
    ])
}

/// The mean of the medians of each part, and how far from it they are in hundredths.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn middle_and_spread(held: &[u64]) -> (f64, f64) {
    let median = |part: &[u64]| {
        let mut part = part.to_vec();
        part.sort_unstable();
        part[part.len() / 2] as f64
    };
    let medians: Vec<_> = held.chunks((held.len() / PARTS).max(1)).map(median).collect();
    let mean = medians.iter().sum::<f64>() / medians.len() as f64;
    let farthest = medians.iter().map(|one| (one - mean).abs()).fold(0.0, f64::max);
    (mean, farthest * 100.0 / mean)
}

/// A project of its own, over exits that work and exits that do not.
async fn join(peer: &Peer, backend: &Backend) -> Result<Vec<Exit>> {
    let world = peer.world().context("no API")?;
    let mut exits = Vec::new();
    for behaviour in WRONG {
        exits.push(Setup::new(Protocol::Http).behaving(behaviour).start().await?);
    }
    let list = world::lines(&exits.iter().collect::<Vec<_>>()) + &backend.list();
    let rules = json!({ "max_retries": 10, "connection_timeout_seconds": 5 });
    world.project_with(ACCOUNT, rules, &list).await?;
    Ok(exits)
}

/// What a client does again and again.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Kept,
    Tunnel,
    Socks,
    Stream,
    /// Goes away in the middle of a head.
    Gone,
}

async fn go_on(proxy: SocketAddr, (kind, number): (Kind, u64), tally: Arc<Tally>) -> Result<()> {
    let mut room: Box<Room> = Box::new([0; _]);
    let mut bytes = vec![0; if matches!(kind, Kind::Stream) { STEP } else { 0 }];
    for turn in number.. {
        let account = format!("{ACCOUNT}-session-{}", turn * 7 % SESSIONS);
        let done = match kind {
            Kind::Kept => keep(proxy, &mut room, &tally).await,
            Kind::Tunnel => open(proxy, &account, &mut room).await.map(drop),
            Kind::Socks => socks(proxy, &account, &mut room).await,
            Kind::Stream => stream(proxy, &mut room, &mut bytes).await,
            Kind::Gone => leave(proxy).await,
        };
        let counter = if done.is_ok() { &tally.fine } else { &tally.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        sleep(PAUSE).await;
    }
    Ok(())
}

async fn keep(proxy: SocketAddr, room: &mut Room, tally: &Tally) -> Result<()> {
    let request = plain(ACCOUNT);
    let mut connection = Connection::open(proxy).await?;
    for _ in 0..50 {
        if connection.ask(request.as_bytes(), room).await? != Answered::Kept {
            break;
        }
        tally.fine.fetch_add(1, Ordering::Relaxed);
        sleep(PAUSE).await;
    }
    Ok(())
}

/// A tunnel that has answered once.
async fn open(proxy: SocketAddr, account: &str, room: &mut Room) -> Result<Connection> {
    let mut connection = Connection::open(proxy).await?;
    connection.open_with(connect(account).as_bytes(), room).await?;
    connection.ask(inner("/page").as_bytes(), room).await?;
    Ok(connection)
}

async fn socks(proxy: SocketAddr, account: &str, room: &mut Room) -> Result<()> {
    let (login, target) = tunnel::socks(account)?;
    let mut connection = Connection::open(proxy).await?;
    connection.socks(&login, &target).await?;
    connection.ask(inner("/page").as_bytes(), room).await.map(drop)
}

async fn stream(proxy: SocketAddr, room: &mut Room, bytes: &mut [u8]) -> Result<()> {
    let mut connection = open(proxy, ACCOUNT, room).await?;
    connection.stream.write_all(inner(DOWN).as_bytes()).await?;
    let mut taken = 0;
    while taken < ENOUGH {
        let count = connection.stream.read(bytes).await?;
        anyhow::ensure!(count > 0, "a tunnel was closed");
        taken += count;
    }
    Ok(())
}

async fn leave(proxy: SocketAddr) -> Result<()> {
    let mut connection = Connection::open(proxy).await?;
    Ok(connection.stream.write_all(b"GET http://target.test/ HTTP/1.1\r\nHost").await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_told_from_what_only_sways() {
        let sways: Vec<u64> = (0..400).map(|at| 1_000 + at % 3 * 100).collect();
        assert!(middle_and_spread(&sways).1 < 1.0);
        let grows: Vec<u64> = (0..400).map(|at| 1_000 + at).collect();
        assert!(middle_and_spread(&grows).1 > 10.0);
    }
}
