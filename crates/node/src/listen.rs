//! Opens listeners.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use socket2::{Domain, Protocol, Socket, Type};

/// Clients that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// Opens `count` listeners at the same address: the kernel spreads clients over them. With port 0
/// the first takes a free port and the others join it.
pub(crate) fn shared(address: SocketAddr, count: usize) -> anyhow::Result<Vec<TcpListener>> {
    let first = open(address, true)?;
    let bound = first.local_addr()?;
    let mut listeners = vec![first];
    for _ in 1..count {
        listeners.push(open(bound, true)?);
    }
    Ok(listeners)
}

/// Opens a listener.
pub(crate) fn alone(address: SocketAddr) -> anyhow::Result<TcpListener> {
    open(address, false)
}

fn open(address: SocketAddr, shared: bool) -> anyhow::Result<TcpListener> {
    let open = || -> std::io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() && address.ip().is_unspecified() {
            // [::] also takes clients that come over IPv4.
            socket.set_only_v6(false)?;
        }
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(shared)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    open().with_context(|| format!("cannot listen on {address}"))
}

/// Says in the log that a listener is open. The words are relied on by whoever starts a node.
pub(crate) fn announce(listener: &'static str, address: SocketAddr) {
    tracing::info!(listener, address = %address, "listening");
}
