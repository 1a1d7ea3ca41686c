//! What this node asks of others.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;

/// What another node told, once it did.
pub type Telling<'a> = BoxFuture<'a, Option<Vec<u8>>>;

/// The way to other nodes, as one of the installation.
pub trait Peers: Send + Sync {
    /// Posts `body` to a path of the node whose API listens there: the body of its answer. `None`:
    /// none began within `patience`, or it was another than 200.
    fn ask(&self, patience: Duration, to: (SocketAddr, &'static str), body: Vec<u8>)
    -> Telling<'_>;
}
