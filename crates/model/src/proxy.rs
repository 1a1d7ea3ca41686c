//! One exit that traffic can leave through, and how to log in to it.

use std::sync::Arc;

use compact_str::CompactString;

use crate::id::{ConnectorId, ProxyId};
use crate::place::Place;
use crate::revision::{Revision, Version};
use crate::secret::Secret;
use crate::target::Host;
use crate::words;

words! {
    /// How an exit is spoken to.
    pub enum Protocol {
        /// HTTP/1.1 proxy in the clear: CONNECT, and absolute-form for plain HTTP.
        Http = "http",
        /// The same over TLS to the proxy, its certificate verified.
        Https = "https",
        /// SOCKS4 with the 4a extension: names are resolved by the exit.
        Socks4 = "socks4",
        /// SOCKS5 (RFC 1928), with username and password (RFC 1929) where there is a login.
        Socks5 = "socks5",
        /// No proxy: this node dials the target itself.
        Direct = "direct",
    }
}

words! {
    /// What is believed about an exit's health. Only the first four come from probes and traffic.
    pub enum Status {
        /// Never tried: eligible, so that a new list works at once.
        Unknown = "unknown",
        /// A machine that is still being started: not eligible, failures are forgiven.
        Initializing = "initializing",
        /// Works.
        Healthy = "healthy",
        /// Has failed lately: eligible only when nothing better is.
        Degraded = "degraded",
        /// Has failed too often: not eligible until a probe or a half-open trial succeeds.
        Unhealthy = "unhealthy",
        /// Ends what it carries, gets nothing new.
        Draining = "draining",
        /// About to be gone.
        Terminating = "terminating",
    }
}

/// The login of one exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// 1-255 bytes.
    pub username: String,
    /// 0-255 bytes.
    pub password: Secret,
}

/// How an exit is reached. Two endpoints that differ in any part, the login included, are two
/// exits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Where it is. Unused for [`Protocol::Direct`].
    pub host: Host,
    /// 1-65535. Unused for [`Protocol::Direct`].
    pub port: u16,
    /// How to log in to it. Shared, because whole lists often have one login.
    pub login: Option<Arc<Login>>,
}

/// One exit.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Its identifier.
    pub id: ProxyId,
    /// The connector it belongs to.
    pub connector: ConnectorId,
    /// How often it has been written.
    pub version: Version,
    /// The change that wrote it last.
    pub revision: Revision,
    /// What an operator or a provider decided.
    pub spec: ProxySpec,
}

/// What is decided about a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySpec {
    /// How it is reached.
    pub endpoint: Endpoint,
    /// A proxy that is off is chosen for nothing.
    pub enabled: bool,
    /// Up to 32 labels of 1-64 bytes `[a-z0-9_.]`, which requests may ask for.
    pub tags: Vec<CompactString>,
    /// Where it is, as far as known.
    pub place: Place,
}

impl Endpoint {
    /// The endpoint without its login, as operators may see it: `socks5://host:1080`.
    #[must_use]
    pub fn address(&self) -> String {
        match self.protocol {
            Protocol::Direct => "direct".to_owned(),
            protocol => format!("{protocol}://{}:{}", self.host, self.port),
        }
    }
}
