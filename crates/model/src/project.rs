//! A project: who may send traffic, and how it is rotated.

use std::time::Duration;

use ipnet::IpNet;

use crate::ban::BanRule;
use crate::domain::DomainRule;
use crate::id::ProjectId;
use crate::inspection::Inspection;
use crate::interception::Interception;
use crate::login::PasswordDigest;
use crate::policy::{Dialect, Rotate, SessionPolicy, Strategy};
use crate::revision::{Revision, Version};
use crate::rewrite::Rewrites;
use crate::spending::Cap;

/// A project. Its username and password are what clients put into their proxy URL.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its identifier.
    pub id: ProjectId,
    /// How often it has been written.
    pub version: Version,
    /// The change that wrote it last.
    pub revision: Revision,
    /// What an operator may decide about it.
    pub spec: ProjectSpec,
}

/// What an operator decides about a project. [`ProjectSpec::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct ProjectSpec {
    /// 1-255 characters, unique.
    pub name: String,
    /// Free text.
    pub description: String,
    /// A project that is off answers 503 and dials nothing.
    pub enabled: bool,
    /// The account in the proxy login: 1-255 bytes of `[A-Za-z0-9_.~@-]`, unique.
    pub username: String,
    /// The password in the proxy login.
    pub password: PasswordDigest,
    /// How an exit is chosen.
    pub strategy: Strategy,
    /// When an exit is chosen anew.
    pub rotate: Rotate,
    /// How sessions behave, unless the request says otherwise.
    pub session: SessionPolicy,
    /// Further exits to try after the first has failed: 0-10.
    pub max_retries: u8,
    /// Requests and tunnels of its clients at a time, on each node: 1-1,000,000; what comes on top
    /// is answered 429. `None`: as many as the node has room for.
    pub max_in_flight: Option<u32>,
    /// For all attempts together to reach the target: 1 s - 5 min.
    pub connection_timeout: Duration,
    /// For the head of a plain response to begin after the request was sent: 1 s - 1 h.
    pub response_timeout: Duration,
    /// A tunnel without a byte in either direction is closed after this: 1 s - 1 day.
    pub tunnel_idle_timeout: Duration,
    /// Whether a second exit is dialled when the first is slower than usual.
    pub hedge: bool,
    /// Whether answers tell which exit they came through (`Octoprox-Exit` and its kin).
    pub reveal_exit: bool,
    /// Between two active probes of one exit: 1 s - 1 day.
    pub health_check_interval: Duration,
    /// For one active probe: 1 s - 5 min.
    pub health_check_timeout: Duration,
    /// What an active probe asks for; `None`: this node's own echo endpoint where an exit can reach
    /// it, else only that the exit accepts a connection and our login.
    pub health_check_url: Option<String>,
    /// Clients from these networks need no password.
    pub source_cidrs: Vec<IpNet>,
    /// Targets that clients may ask for; empty: all.
    pub domain_allow: Vec<DomainRule>,
    /// Targets that clients may not ask for; stronger than the list above.
    pub domain_deny: Vec<DomainRule>,
    /// Ports that CONNECT may ask for; empty: all.
    pub connect_ports: Vec<u16>,
    /// Non-public addresses that clients may ask for all the same, on any CONNECT port they name.
    pub allow_targets: Vec<TargetRule>,
    /// The grammar of its clients' usernames.
    pub dialect: Dialect,
    /// Whether and how the TLS inside of tunnels is ended here.
    pub interception: Interception,
    /// How targets say that they do not want an exit; the first rule that matches counts. Up to
    /// 100.
    pub bans: Vec<BanRule>,
    /// What is changed in requests and answers.
    pub rewrites: Rewrites,
    /// Which exchanges are recorded.
    pub inspection: Inspection,
    /// How much traffic it may have; up to 8.
    pub caps: Vec<Cap>,
    /// Days after which its usage is deleted: 1-36,500. `None`: never.
    pub usage_retention_days: Option<u32>,
}

/// A network, and optionally one port of it, that is exempt from the SSRF guard:
/// `10.0.0.0/8`, `127.0.0.1/32:8081`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetRule {
    /// The addresses.
    pub network: IpNet,
    /// The port; `None`: every port.
    pub port: Option<u16>,
}

// === impl ProjectSpec ===

impl ProjectSpec {
    /// A project with every default.
    #[must_use]
    pub fn new(name: String, username: String, password: PasswordDigest) -> Self {
        Self {
            name,
            description: String::new(),
            enabled: true,
            username,
            password,
            strategy: Strategy::RoundRobin,
            rotate: Rotate::Auto,
            session: SessionPolicy::default(),
            max_retries: 3,
            max_in_flight: None,
            connection_timeout: Duration::from_secs(30),
            response_timeout: Duration::from_mins(1),
            tunnel_idle_timeout: Duration::from_mins(15),
            hedge: true,
            reveal_exit: true,
            health_check_interval: Duration::from_mins(1),
            health_check_timeout: Duration::from_secs(30),
            health_check_url: None,
            source_cidrs: Vec::new(),
            domain_allow: Vec::new(),
            domain_deny: Vec::new(),
            connect_ports: vec![80, 443],
            allow_targets: Vec::new(),
            dialect: Dialect::Native,
            interception: Interception::default(),
            bans: Vec::new(),
            rewrites: Rewrites::default(),
            inspection: Inspection::default(),
            caps: Vec::new(),
            usage_retention_days: None,
        }
    }
}

// === impl TargetRule ===

impl TargetRule {
    /// Whether the rule exempts this address and port.
    #[must_use]
    pub fn allows(&self, address: std::net::IpAddr, port: u16) -> bool {
        self.network.contains(&address) && self.port.is_none_or(|only| only == port)
    }
}

/// A text that is no [`TargetRule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address or a network, with an optional port: 10.0.0.0/8, 127.0.0.1:8081")]
pub struct BadTargetRule;

impl std::str::FromStr for TargetRule {
    type Err = BadTargetRule;

    /// `NETWORK`, `NETWORK:PORT`, `ADDRESS`, `ADDRESS:PORT`; an IPv6 network or address that is
    /// followed by a port stands in brackets.
    fn from_str(text: &str) -> Result<Self, BadTargetRule> {
        if let Some(network) = parse_network(text) {
            return Ok(Self { network, port: None });
        }
        let (network, port) = text.rsplit_once(':').ok_or(BadTargetRule)?;
        let network = parse_network(network.trim_matches(['[', ']'])).ok_or(BadTargetRule)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(BadTargetRule)?;
        Ok(Self { network, port: Some(port) })
    }
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

impl std::fmt::Display for TargetRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.network, self.port) {
            (network, None) => network.fmt(f),
            (IpNet::V4(network), Some(port)) => write!(f, "{network}:{port}"),
            (IpNet::V6(network), Some(port)) => write!(f, "[{network}]:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_rule_is_written_back_as_it_was_read() {
        for text in ["10.0.0.0/8", "127.0.0.1/32:8081", "fd00::/8", "[::1/128]:80"] {
            assert_eq!(text.parse::<TargetRule>().unwrap().to_string(), text);
        }
        assert!(
            "127.0.0.1:8081".parse::<TargetRule>().unwrap().allows([127, 0, 0, 1].into(), 8081)
        );
        assert!(!"127.0.0.1:8081".parse::<TargetRule>().unwrap().allows([127, 0, 0, 1].into(), 80));
        for bad in ["", "example.com", "10.0.0.0/33", "127.0.0.1:0", "127.0.0.1:http"] {
            assert!(bad.parse::<TargetRule>().is_err(), "{bad}");
        }
    }
}
