//! Who is alive: a heartbeat that expires, and a watch on the others.

use std::net::SocketAddr;

use jiff::Timestamp;
use model::{Revision, words};

mod wire;
mod roll;
mod orders;
mod presence;

pub(crate) use presence::Presence;
pub(crate) use roll::{Errand, Roll};

words! {
    /// What a node does.
    pub enum Role {
        /// Everything.
        All = "all",
        /// Answers operators.
        Control = "control",
        /// Relays traffic.
        Data = "data",
        /// Looks after proxies and usage.
        Worker = "worker",
    }
}

words! {
    /// Whether a node takes requests.
    pub enum MemberState {
        /// It has no configuration yet.
        Starting = "starting",
        /// It does.
        Ready = "ready",
        /// It does not, so that balancers leave it out; what is under way goes on. Somebody has asked
        /// for that, or it is about to end.
        Draining = "draining",
    }
}

/// A node as its peers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name: unique in the installation.
    pub id: String,
    /// What it does.
    pub role: Role,
    /// The configuration it has loaded; 0 before the first.
    pub revision: Revision,
    /// When it started.
    pub started_at: Timestamp,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// Whether it takes requests.
    pub state: MemberState,
    /// How busy it was at its last heartbeat.
    pub load: Load,
}

/// How busy a node is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Load {
    /// Requests that are being served.
    pub in_flight: u32,
    /// Connections of clients.
    pub connections: u32,
    /// Requests that ended in the last second or so.
    pub requests_per_second: u32,
}
