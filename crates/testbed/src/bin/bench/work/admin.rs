//! What tunnels notice of operators who ask much of the API at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::latency::{PAUSE, percentiles};
use super::window::Clients;
use super::{Setting, connect, inner};
use crate::connection::{Answered, Connection, Room};
use crate::peers::{Peer, USERNAME};
use crate::table::Figure;

const CLIENTS: usize = 16;
/// Of each client, so that there are 10,000 a second.
const STEP: Duration = Duration::from_millis(8);
const AT_ONCE: usize = 5;

/// First the same clients ask an exit, which leaves the node alone: what they take from the core of
/// those who measure is in both figures.
pub(super) async fn measure(peer: &Peer, (plan, backend, _): Setting<'_>) -> Result<Vec<Figure>> {
    let world = peer.world().context("no API")?;
    let (api, token) = (world.node.api(), world.control.token().context("no token")?);
    let request = format!(
        "GET /api/v1/projects HTTP/1.1\r\nHost: {api}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    let (mut figures, request) = (Vec::new(), Arc::<str>::from(request));
    for (asked, name, rate) in [
        (backend.exits[0], "p99 µs alone", "exit asked/s"),
        (api, "p99 µs beside the API", "API asked/s"),
    ] {
        let clients = Clients::new();
        for _ in 0..CLIENTS {
            clients.add(ask(asked, Arc::clone(&request), Arc::clone(&clients.done)));
        }
        let took = Arc::new(parking_lot::Mutex::new(Vec::new()));
        clients.add(talk(peer.address, Arc::clone(&took)));
        let units = Arc::clone(&clients.done);
        let done = clients.measure(peer, plan.window, &units).await?;
        let [_, p99] = percentiles(std::mem::take(&mut *took.lock()), [50, 99]);
        figures.extend([Figure::new(name, p99), Figure::new(rate, done.rate())]);
    }
    Ok(figures)
}

async fn ask(asked: SocketAddr, request: Arc<str>, done: Arc<AtomicU64>) -> Result<()> {
    let mut room: Box<Room> = Box::new([0; _]);
    let mut connection = Connection::open(asked).await?;
    let mut ticks = interval(STEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for _ in 0..AT_ONCE {
            let answered = connection.ask(request.as_bytes(), &mut room).await?;
            done.fetch_add(1, Ordering::Relaxed);
            if answered != Answered::Kept {
                connection = Connection::open(asked).await?;
            }
        }
    }
}

/// Asks through one tunnel at a steady pace.
async fn talk(proxy: SocketAddr, took: Arc<parking_lot::Mutex<Vec<Duration>>>) -> Result<()> {
    let mut room: Box<Room> = Box::new([0; _]);
    let mut tunnel = Connection::open(proxy).await?;
    tunnel.open_with(connect(USERNAME).as_bytes(), &mut room).await?;
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let asked = Instant::now();
        tunnel.ask(inner("/page").as_bytes(), &mut room).await?;
        took.lock().push(asked.elapsed());
    }
}
