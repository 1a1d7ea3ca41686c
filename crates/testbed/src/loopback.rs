//! Addresses of this machine that nobody else uses, for servers that cannot take any free port.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};

/// A loopback address of one's own. The number of this process is in it, so that no port need be
/// found free first, which could be taken by the time a server binds it.
#[must_use]
pub fn own() -> Ipv4Addr {
    static TAKEN: AtomicU8 = AtomicU8::new(0);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 100 + TAKEN.fetch_add(1, Ordering::Relaxed) % 100, high, low)
}
