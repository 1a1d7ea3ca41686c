//! A tunnel for one request, again and again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use testbed::world::PASSWORD;

use super::window::Clients;
use super::{Setting, TARGET, connect, inner};
use crate::connection::{Answered, Connection, Room};
use crate::peers::{Kind, Peer, USERNAME};
use crate::table::Figure;

const CLIENTS: usize = 16;

/// How a tunnel is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Connect,
    Socks,
    /// There is no proxy.
    None,
}

pub(super) async fn measure(
    peer: &Peer,
    door: Door,
    (plan, ..): Setting<'_>,
) -> Result<Vec<Figure>> {
    let clients = Clients::new();
    let door = if peer.kind == Kind::Direct { Door::None } else { door };
    for _ in 0..CLIENTS {
        clients.add(ask(peer.address, door, Arc::clone(&clients.done)));
    }
    let units = Arc::clone(&clients.done);
    let done = clients.measure(peer, plan.window, &units).await?;
    let mut figures = vec![Figure::new("tunnels/s", done.rate())];
    figures.extend(done.cpu_micros().map(|cpu| Figure::new("CPU µs/tunnel", cpu)));
    Ok(figures)
}

async fn ask(proxy: SocketAddr, door: Door, done: Arc<AtomicU64>) -> Result<()> {
    let (connect, inner) = (connect(USERNAME), inner("/page"));
    let (login, target) = socks(USERNAME)?;
    let mut room: Box<Room> = Box::new([0; _]);
    loop {
        let mut connection = Connection::open(proxy).await?;
        match door {
            Door::Connect => connection.open_with(connect.as_bytes(), &mut room).await?,
            Door::Socks => connection.socks(&login, &target).await?,
            Door::None => {}
        }
        let answered = connection.ask(inner.as_bytes(), &mut room).await?;
        ensure!(answered == Answered::Kept, "a tunnel was closed");
        done.fetch_add(1, Ordering::Relaxed);
    }
}

/// The login and the request of SOCKS5.
pub(super) fn socks(account: &str) -> Result<(Vec<u8>, Vec<u8>)> {
    let mut login = vec![1];
    for text in [account, PASSWORD] {
        login.push(u8::try_from(text.len())?);
        login.extend_from_slice(text.as_bytes());
    }
    let (name, port) = TARGET.split_once(':').context("a target has a port")?;
    let mut request = vec![5, 1, 0, 3, u8::try_from(name.len())?];
    request.extend_from_slice(name.as_bytes());
    request.extend_from_slice(&port.parse::<u16>()?.to_be_bytes());
    Ok((login, request))
}
