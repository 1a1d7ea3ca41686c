//! Who is alive: a node as its peers see it.

use std::net::SocketAddr;

use jiff::Timestamp;
use model::{Revision, words};

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

/// A node as its peers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name: unique in the installation, and another one after each start.
    pub id: String,
    /// What it does.
    pub role: Role,
    /// The configuration it has loaded; 0 before the first.
    pub revision: Revision,
    /// When it started.
    pub started_at: Timestamp,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
}
