//! Absolute-form requests, one after another on connections that are kept.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;

use super::window::{Clients, Done};
use super::{Setting, plain};
use crate::connection::{Answered, Connection, Room};
use crate::peers::{Peer, USERNAME};
use crate::table::Figure;

pub(super) const CLIENTS: usize = 32;

pub(super) async fn measure(peer: &Peer, (plan, ..): Setting<'_>) -> Result<Vec<Figure>> {
    let clients = Clients::new();
    for _ in 0..CLIENTS {
        clients.add(ask(peer.address, Arc::clone(&clients.done)));
    }
    let units = Arc::clone(&clients.done);
    Ok(figures(&clients.measure(peer, plan.window, &units).await?))
}

pub(super) fn figures(done: &Done) -> Vec<Figure> {
    let mut figures = vec![Figure::new("requests/s", done.rate())];
    figures.extend(done.cpu_micros().map(|cpu| Figure::new("CPU µs/request", cpu)));
    figures
}

async fn ask(proxy: SocketAddr, done: Arc<AtomicU64>) -> Result<()> {
    let request = plain(USERNAME);
    let mut room: Box<Room> = Box::new([0; _]);
    loop {
        let mut connection = Connection::open(proxy).await?;
        while connection.ask(request.as_bytes(), &mut room).await? == Answered::Kept {
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
}
