//! Opens listeners.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

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

/// Addresses that are nobody's (RFC 5737, RFC 3849): ways to them begin as all ways out do.
const ELSEWHERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// Where peers find what listens here. Who listens at all addresses is found at the one that this
/// machine's ways out begin at; without a way out there are no peers either.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let own = || ELSEWHERE.into_iter().find_map(way_out);
    let own = if address.ip().is_unspecified() { own() } else { None };
    own.map_or(address, |own| SocketAddr::new(own, address.port()))
}

/// The address that a way there begins at. Nothing is sent.
fn way_out(to: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match to {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    socket.local_addr().ok().map(|own| own.ip()).filter(|own| !own.is_unspecified())
}

/// Says in the log that a listener is open. The words are relied on by whoever starts a node.
pub(crate) fn announce(listener: &'static str, address: SocketAddr) {
    tracing::info!(listener, address = %address, "listening");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_listens_everywhere_is_found_elsewhere() {
        let one = "127.0.0.9:8000".parse().unwrap();
        assert_eq!(reachable(one), one);
        for all in ["0.0.0.0:8000", "[::]:8000"] {
            let all: SocketAddr = all.parse().unwrap();
            let found = reachable(all);
            // A machine without a way out has none either.
            let has_way = ELSEWHERE.into_iter().any(|to| way_out(to).is_some());
            assert_eq!((found.ip().is_unspecified(), found.port()), (!has_way, 8000));
        }
    }
}
