//! What an operator can set about the data plane.

use std::time::Duration;

use ipnet::IpNet;

/// The data plane's settings, for one node. `Default` has the values an operator need not touch.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For the first byte of a connection, and for the whole of a request head once its first byte
    /// is there; answered 408.
    pub head_timeout: Duration,
    /// How long a kept connection may stay silent between two requests.
    pub keep_alive: Duration,
    /// How long a message body may stand still in either direction.
    pub body_idle_timeout: Duration,
    /// Bytes a second, averaged over 30 s, at which a client that is waited for has to send or
    /// take a message body; 0: it may take its time.
    pub min_body_rate: u64,
    /// How long an unused connection to an exit is kept.
    pub pool_idle_timeout: Duration,
    /// Unused connections kept for one exit, login and session, on one core.
    pub pool_per_exit: usize,
    /// Client connections at once on this node; those above it are closed at once.
    pub max_connections: usize,
    /// Wrong passwords in a minute after which a source address is answered 429.
    pub login_failures: u32,
    /// Balancers in front of this node: each of their connections must begin with a header of the
    /// PROXY protocol, and nobody else may connect. Empty: nobody speaks it.
    pub proxy_protocol_from: Vec<IpNet>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_mins(1),
            body_idle_timeout: Duration::from_mins(1),
            min_body_rate: 1024,
            pool_idle_timeout: Duration::from_secs(30),
            pool_per_exit: 64,
            max_connections: 100_000,
            login_failures: 10,
            proxy_protocol_from: Vec::new(),
        }
    }
}
