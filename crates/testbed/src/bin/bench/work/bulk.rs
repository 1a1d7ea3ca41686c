//! As many bytes as go through tunnels, in one direction.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::window::Clients;
use super::{Setting, connect, inner};
use crate::backend::{DOWN, STEP, UP};
use crate::connection::{Connection, Room};
use crate::peers::{Kind, Peer, USERNAME};
use crate::table::Figure;

const GIB: f64 = (1 << 30) as f64;

/// Whither the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the client.
    Down,
    /// To the target.
    Up,
}

pub(super) async fn measure(
    peer: &Peer,
    (way, streams): (Way, usize),
    (plan, backend, _): Setting<'_>,
) -> Result<Vec<Figure>> {
    let clients = Clients::new();
    let is_direct = peer.kind == Kind::Direct;
    for _ in 0..streams {
        match way {
            Way::Down => clients.add(take((peer.address, is_direct), Arc::clone(&clients.done))),
            Way::Up => clients.add(send((peer.address, is_direct))),
        }
    }
    // Counted where they arrive.
    let arrived = match way {
        Way::Down => Arc::clone(&clients.done),
        Way::Up => Arc::clone(&backend.taken),
    };
    let done = clients.measure(peer, plan.window, &arrived).await?;
    let mut figures = vec![Figure::new("GiB/s", done.rate() / GIB)];
    figures.extend(done.cpu_micros().map(|cpu| Figure::new("CPU s/GiB", cpu * GIB / 1e6)));
    Ok(figures)
}

async fn open((proxy, is_direct): (SocketAddr, bool), room: &mut Room) -> Result<Connection> {
    let mut connection = Connection::open(proxy).await?;
    if !is_direct {
        connection.open_with(connect(USERNAME).as_bytes(), room).await?;
    }
    Ok(connection)
}

async fn take(proxy: (SocketAddr, bool), done: Arc<AtomicU64>) -> Result<()> {
    let mut connection = open(proxy, &mut [0; _]).await?;
    connection.stream.write_all(inner(DOWN).as_bytes()).await?;
    let mut room = vec![0; STEP];
    loop {
        let count = connection.stream.read(&mut room).await?;
        ensure!(count > 0, "a tunnel was closed");
        done.fetch_add(count as u64, Ordering::Relaxed);
    }
}

async fn send(proxy: (SocketAddr, bool)) -> Result<()> {
    let mut room = [0; _];
    let mut connection = open(proxy, &mut room).await?;
    connection.open_with(inner(UP).as_bytes(), &mut room).await?;
    let bytes = vec![b'x'; STEP];
    loop {
        connection.stream.write_all(&bytes).await?;
    }
}
