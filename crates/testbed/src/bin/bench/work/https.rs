//! Requests inside of TLS that the proxy ends, to targets that speak TLS, too.

mod client;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use serde_json::json;

use super::Setting;
use super::window::Clients;
use crate::backend::{Backend, DOMAIN};
use crate::connection::{Answered, Room};
use crate::peers::{self, Peer, USERNAME};
use crate::table::Figure;
use client::Client;

/// Clients that keep their connections, and those that do not.
const KEEPING: usize = 32;
const CLOSING: usize = 16;
/// Of one connection of HTTP/2.
const STREAMS: usize = 8;

/// What clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Requests on kept connections.
    Kept,
    /// The same with HTTP/2.
    KeptHttp2,
    /// A tunnel, TLS and one request, again and again.
    New,
    /// The same to whom no connection to the target is lent that is there.
    NewThere,
    /// The same to hosts that nobody has asked for before.
    Unseen,
}

// === impl Kind ===

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kept => "https-kept",
            Self::KeptHttp2 => "https-kept-h2",
            Self::New => "https-new",
            Self::NewThere => "https-new-there",
            Self::Unseen => "https-unseen",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Kept => "Requests inside of 32 kept connections whose TLS the proxy ends",
            Self::KeptHttp2 => "The same, 8 at once on each of 4 connections of HTTP/2",
            Self::New => "CONNECT, TLS, one request inside, close; 16 at once",
            Self::NewThere => "The same with a new connection to the target each time",
            Self::Unseen => "The same to a host that is new to the proxy each time",
        }
    }

    pub(super) fn suits(self, peer: peers::Kind) -> bool {
        use peers::Kind::{Direct, Mitmproxy, SquidBump};
        match self {
            Self::KeptHttp2 | Self::NewThere => peer.is_node(),
            _ => peer.is_node() || matches!(peer, Direct | SquidBump | Mitmproxy),
        }
    }

    fn clients(self) -> usize {
        match self {
            Self::Kept => KEEPING,
            Self::KeptHttp2 => KEEPING / STREAMS,
            _ => CLOSING,
        }
    }

    /// A node signs 600 new certificates a minute for an account, so here each client has its own.
    fn accounts(self) -> usize {
        if self == Self::Unseen { self.clients() } else { 1 }
    }

    fn units(self) -> [&'static str; 2] {
        match self {
            Self::Kept | Self::KeptHttp2 => ["requests/s", "CPU µs/request"],
            _ => ["connections/s", "CPU µs/connection"],
        }
    }
}

pub(super) async fn measure(
    peer: &Peer,
    kind: Kind,
    (plan, backend, _): Setting<'_>,
) -> Result<Vec<Figure>> {
    let accounts = join(peer, kind, backend).await?;
    let is_direct = peer.kind == peers::Kind::Direct;
    let believed = if is_direct { &backend.authority } else { &backend.poser };
    let (clients, config) = (Clients::new(), client::config(believed, kind == Kind::KeptHttp2)?);
    for number in 0..kind.clients() {
        let account = accounts[number % accounts.len()].clone();
        let client = Client { proxy: peer.address, account, config: Arc::clone(&config) };
        let done = Arc::clone(&clients.done);
        match kind {
            Kind::Kept => clients.add(keep(client, done)),
            Kind::KeptHttp2 => clients.add(client::share((client, known()), STREAMS, done)),
            Kind::New | Kind::NewThere => clients.add(again(client, done, known)),
            Kind::Unseen => clients.add(again(client, done, unseen)),
        }
    }
    let units = Arc::clone(&clients.done);
    let done = clients.measure(peer, plan.window, &units).await?;
    let [rate, cpu] = kind.units();
    let mut figures = vec![Figure::new(rate, done.rate())];
    figures.extend(done.cpu_micros().map(|micros| Figure::new(cpu, micros)));
    Ok(figures)
}

/// The accounts of the clients: the node looks into the tunnels of projects that want it.
async fn join(peer: &Peer, kind: Kind, backend: &Backend) -> Result<Vec<String>> {
    let Some(world) = peer.world() else { return Ok(vec![USERNAME.to_owned()]) };
    let mut accounts = Vec::new();
    for number in 0..kind.accounts() {
        let name = format!("{}-{number}", kind.name().replace('-', "_"));
        let interception = json!({ "mode": "plain", "extra_roots": backend.authority.pem() });
        let wants = json!({ "interception": interception });
        peers::account(world, backend, (&name, wants)).await?;
        let wish = if kind == Kind::NewThere { "-rotate-request" } else { "" };
        accounts.push(name + wish);
    }
    world.in_force().await?;
    Ok(accounts)
}

fn known() -> String {
    format!("known.{DOMAIN}")
}

fn unseen() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("host{}.{DOMAIN}", NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn keep(client: Client, done: Arc<AtomicU64>) -> Result<()> {
    let host = known();
    let request = client::request(&host);
    let mut room: Box<Room> = Box::new([0; _]);
    loop {
        let mut connection = client.open(&host, &mut room).await?;
        while connection.ask(request.as_bytes(), &mut room).await? == Answered::Kept {
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn again(client: Client, done: Arc<AtomicU64>, host: fn() -> String) -> Result<()> {
    let mut room: Box<Room> = Box::new([0; _]);
    loop {
        let host = host();
        let mut connection = client.open(&host, &mut room).await?;
        connection.ask(client::request(&host).as_bytes(), &mut room).await?;
        done.fetch_add(1, Ordering::Relaxed);
    }
}
