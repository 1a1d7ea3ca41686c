//! Nodes that meet in a real Redis, which is stopped, killed, wiped and moved under them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;
mod node;
mod members;
mod notices;
mod lease;
mod facts;
mod limits;
mod outage;
mod secure;
