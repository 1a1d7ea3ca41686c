//! What an operator, or the node itself, tells the dialer once.

use std::net::SocketAddr;
use std::time::Duration;

/// What a [`Dialer`](crate::Dialer) is made with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where this node and its peers listen: never a target, see [`Guard`](crate::Guard).
    /// An unspecified address (`0.0.0.0:8080`, `[::]:8080`) stands for its port on every address
    /// that is not public; public addresses of this node are to be listed one by one.
    pub own_addresses: Vec<SocketAddr>,
    /// How long an answer of the system's resolver is used again; zero: it is not.
    pub dns_ttl: Duration,
    /// Names whose answers are kept at a time.
    pub dns_names: usize,
    /// Lookups that run at a time, each on a blocking thread; more wait their turn.
    pub dns_lookups: usize,
    /// How long one address may be silent before the next address of the same name is tried
    /// beside it (RFC 8305 section 5).
    pub next_address_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            own_addresses: Vec::new(),
            dns_ttl: Duration::from_secs(30),
            dns_names: 10_000,
            dns_lookups: 128,
            next_address_after: Duration::from_millis(250),
        }
    }
}
