//! What became of one request: the unit of usage, health and metrics.

use std::net::IpAddr;
use std::time::Duration;

use compact_str::CompactString;
use jiff::Timestamp;

use crate::id::{ConnectorId, ProjectId, ProxyId};
use crate::place::Country;
use crate::target::Target;
use crate::words;

words! {
    /// What kind of request it was.
    pub enum ExchangeKind {
        /// An HTTP CONNECT tunnel.
        Connect = "connect",
        /// A plain HTTP request.
        Http = "http",
        /// A tunnel asked for by SOCKS4a or SOCKS5.
        Socks = "socks",
        /// An HTTPS request inside of a tunnel whose TLS is ended here.
        Intercepted = "intercepted",
    }
}

words! {
    /// Whose fault a failure is.
    pub enum Blame {
        /// The request was wrong, refused or given up.
        Client = "client",
        /// An exit did not do its work.
        Exit = "exit",
        /// The target could not be reached, or broke off.
        Target = "target",
        /// This node's, or its operator's.
        Node = "node",
    }
}

/// The record of one request. Every request leaves exactly one, whatever became of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// When its head had been read.
    pub started_at: Timestamp,
    /// What kind of request it was.
    pub kind: ExchangeKind,
    /// Where it came from.
    pub client: IpAddr,
    /// Whose it was; `None` before the login was known.
    pub project: Option<ProjectId>,
    /// The connector of the exit that carried it.
    pub connector: Option<ConnectorId>,
    /// The exit that carried it; `None` when none did.
    pub proxy: Option<ProxyId>,
    /// Where that exit is, as far as known.
    pub country: Option<Country>,
    /// Where it wanted to go; `None` when that could not be read.
    pub target: Option<Target>,
    /// The status we or the target answered; 200 for a tunnel, 0 when there was nobody to answer.
    pub status: u16,
    /// `None` for a success; a success is an opened tunnel that did not break, or a relayed answer.
    pub blame: Option<Blame>,
    /// Exits that were tried.
    pub attempts: u8,
    /// From the head of the request to the opened tunnel or the head of the answer.
    pub latency: Duration,
    /// From the head of the request to the end.
    pub duration: Duration,
    /// Bytes of tunnel or message towards the target, as read from the client.
    pub bytes_sent: u64,
    /// Bytes of tunnel or message from the target, as written to the client.
    pub bytes_received: u64,
    /// The ban rule that has judged the answer that the client got, where one has.
    pub banned_by: Option<CompactString>,
    /// What people look at besides.
    pub trail: Trail,
}

/// What people want to see of a request, and nothing counts. No path, no query, no secret.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// As sent; empty where the protocol has none, or the head could not be read.
    pub method: CompactString,
    /// The session that the client named.
    pub session: Option<CompactString>,
    /// Why it was not carried: an error type of RFC 9209 section 2.3; empty where it was.
    pub error: &'static str,
    /// The exits that were tried for nothing, in the order in which they failed.
    pub failed: Vec<FailedAttempt>,
    /// How the choice was made, where the request wanted that to be told.
    pub why: Option<Box<str>>,
}

/// An exit that was tried for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt {
    /// Which one.
    pub exit: ProxyId,
    /// An error type of RFC 9209 section 2.3; `banned`, or `cancelled` when another was faster.
    pub error: &'static str,
    /// From the head of the request to its beginning.
    pub after: Duration,
    /// From its beginning to its end.
    pub took: Duration,
}
