//! The works, and how each is measured.

mod admin;
mod bulk;
mod https;
mod idle;
mod kept;
mod latency;
mod soak;
mod tunnel;
mod window;
mod wrk;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use testbed::world::PASSWORD;

use crate::backend::Backend;
use crate::cores::Cores;
use crate::peers::{Kind, Peer};
use crate::plan::Plan;
use crate::table::Figure;

/// Where requests go. Nobody looks: an exit answers for every target.
const TARGET: &str = "target.test:8080";

/// Something that a proxy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Tunnels in which nothing happens. First, while the proxy is fresh.
    Idle,
    /// Requests on kept connections.
    Kept,
    /// The same by somebody else's clients. Only when it is asked for by name.
    KeptWrk,
    /// A tunnel for one request.
    Tunnel,
    /// The same with SOCKS5.
    Socks,
    /// Bytes through 1 or 8 tunnels.
    Bulk(bulk::Way, usize),
    /// All at once for a long time. Only when it is asked for by name.
    Soak,
    /// Requests through a tunnel while the API is asked 10,000 times a second.
    Admin,
    /// How much later a request on a kept connection is answered, with everything on one core.
    Latency,
    /// Requests inside of TLS that the proxy ends.
    Https(https::Kind),
}

/// What a measurement needs besides the proxy.
pub(crate) type Setting<'a> = (&'a Plan, &'a Backend, &'a Cores);

impl Work {
    pub(crate) const ALL: [Self; 17] = [
        Self::Idle,
        Self::Kept,
        Self::KeptWrk,
        Self::Tunnel,
        Self::Socks,
        Self::Bulk(bulk::Way::Down, 1),
        Self::Bulk(bulk::Way::Down, 8),
        Self::Bulk(bulk::Way::Up, 1),
        Self::Bulk(bulk::Way::Up, 8),
        Self::Latency,
        Self::Admin,
        Self::Https(https::Kind::Kept),
        Self::Https(https::Kind::KeptHttp2),
        Self::Https(https::Kind::New),
        Self::Https(https::Kind::NewThere),
        Self::Https(https::Kind::Unseen),
        Self::Soak,
    ];

    /// What is measured unless somebody says what.
    pub(crate) fn usual() -> Vec<Self> {
        let is_usual = |work: &Self| !matches!(work, Self::Soak | Self::KeptWrk);
        Self::ALL.into_iter().filter(is_usual).collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Kept => "kept",
            Self::KeptWrk => "kept-wrk",
            Self::Tunnel => "tunnel",
            Self::Socks => "socks",
            Self::Bulk(bulk::Way::Down, 1) => "down-1",
            Self::Bulk(bulk::Way::Down, _) => "down-8",
            Self::Bulk(bulk::Way::Up, 1) => "up-1",
            Self::Bulk(bulk::Way::Up, _) => "up-8",
            Self::Latency => "latency",
            Self::Admin => "admin",
            Self::Https(kind) => kind.name(),
            Self::Soak => "soak",
        }
    }

    /// What it is, for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Idle => "Idle tunnels",
            Self::Kept => "Requests on 32 kept connections",
            Self::KeptWrk => "The same, made by wrk",
            Self::Tunnel => "CONNECT, one request, close; 16 at once",
            Self::Socks => "SOCKS5, one request, close; 16 at once",
            Self::Bulk(bulk::Way::Down, 1) => "One tunnel that streams down",
            Self::Bulk(bulk::Way::Down, _) => "8 tunnels that stream down",
            Self::Bulk(bulk::Way::Up, 1) => "One tunnel that streams up",
            Self::Bulk(bulk::Way::Up, _) => "8 tunnels that stream up",
            Self::Latency => "500 requests/s on one kept connection, everything on one core",
            Self::Admin => "500 requests/s through a tunnel while the API is asked",
            Self::Https(kind) => kind.title(),
            Self::Soak => "Everything at once over 15 exits of which 12 misbehave",
        }
    }

    /// Whether the proxy can do it.
    pub(crate) fn suits(self, peer: Kind) -> bool {
        match self {
            Self::Https(kind) => kind.suits(peer),
            _ if matches!(peer, Kind::SquidBump | Kind::Mitmproxy) => false,
            Self::Socks | Self::Admin | Self::Soak => peer.is_node(),
            Self::Idle => peer != Kind::Direct,
            _ => true,
        }
    }

    pub(crate) async fn measure(self, peer: &Peer, setting: Setting<'_>) -> Result<Vec<Figure>> {
        match self {
            Self::Idle => idle::measure(peer, setting).await,
            Self::Kept => kept::measure(peer, setting).await,
            Self::KeptWrk => wrk::measure(peer, setting).await,
            Self::Tunnel => tunnel::measure(peer, tunnel::Door::Connect, setting).await,
            Self::Socks => tunnel::measure(peer, tunnel::Door::Socks, setting).await,
            Self::Bulk(way, streams) => bulk::measure(peer, (way, streams), setting).await,
            Self::Latency => latency::measure(peer, setting).await,
            Self::Admin => admin::measure(peer, setting).await,
            Self::Https(kind) => https::measure(peer, kind, setting).await,
            Self::Soak => soak::measure(peer, setting).await,
        }
    }
}

/// A plain request as clients of this account send it.
fn plain(account: &str) -> String {
    let login = login(account);
    format!(
        "GET http://{TARGET}/page HTTP/1.1\r\nHost: {TARGET}\r\nUser-Agent: bench/1.0\r\n\
         Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nProxy-Authorization: Basic {login}\r\n\r\n"
    )
}

fn connect(account: &str) -> String {
    let login = login(account);
    format!(
        "CONNECT {TARGET} HTTP/1.1\r\nHost: {TARGET}\r\nProxy-Authorization: Basic {login}\r\n\r\n"
    )
}

/// A request through a tunnel.
fn inner(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {TARGET}\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n")
}

fn login(account: &str) -> String {
    STANDARD.encode(format!("{account}:{PASSWORD}"))
}
