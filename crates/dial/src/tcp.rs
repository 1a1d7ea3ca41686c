//! A TCP connection to one of several addresses.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// More addresses than these are not tried. An even number: they come in pairs.
const MOST_ADDRESSES: usize = 8;

/// Where to connect to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct To<'a> {
    pub(crate) addresses: &'a [IpAddr],
    pub(crate) port: u16,
    /// The local address to connect from.
    pub(crate) from: Option<IpAddr>,
}

/// How long one address may be silent before the next is tried beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) next_address_after: Duration,
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum Failed {
    /// This node could not open a socket; nothing is known of the other side.
    Here(io::Error),
    /// The other side, or the way there.
    There(io::Error),
}

/// Connects to the first address that answers. They are tried in order, the two families in
/// turn, the next one when one has failed or been silent for a while (RFC 8305, in short).
pub(crate) async fn connect(to: To<'_>, pace: Pace) -> Result<TcpStream, Failed> {
    let addresses = in_turn(to);
    match addresses.as_slice() {
        [] => Err(no_address()),
        [only] => connect_one(*only, to.from).await,
        several => Box::pin(connect_any(several, to.from, pace)).await,
    }
}

async fn connect_any(
    addresses: &[SocketAddr],
    from: Option<IpAddr>,
    pace: Pace,
) -> Result<TcpStream, Failed> {
    let mut waiting = addresses.iter();
    let mut running = FuturesUnordered::new();
    let mut last_failure = no_address();
    loop {
        if let Some(address) = waiting.next() {
            running.push(connect_one(*address, from));
        }
        let patience = if waiting.len() == 0 { Duration::MAX } else { pace.next_address_after };
        match tokio::time::timeout(patience, running.next()).await {
            Ok(Some(Ok(socket))) => return Ok(socket),
            Ok(Some(Err(failure))) => last_failure = failure,
            Ok(None) => return Err(last_failure),
            Err(_silence) => {}
        }
    }
}

/// None of the addresses is of a family that can be used.
fn no_address() -> Failed {
    Failed::There(io::ErrorKind::AddrNotAvailable.into())
}

async fn connect_one(address: SocketAddr, from: Option<IpAddr>) -> Result<TcpStream, Failed> {
    let connected = match from {
        None => TcpStream::connect(address).await,
        Some(from) => bound_socket(from).map_err(Failed::Here)?.connect(address).await,
    };
    let socket = connected.map_err(Failed::from)?;
    socket.set_nodelay(true).map_err(Failed::from)?;
    Ok(socket)
}

fn bound_socket(from: IpAddr) -> io::Result<TcpSocket> {
    let socket = if from.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind(SocketAddr::new(from, 0))?;
    Ok(socket)
}

impl From<io::Error> for Failed {
    /// Out of descriptors, buffers or memory is this node's; everything else counts as the other
    /// side's, also a family that this node has no address of: that exit is of no use here.
    fn from(error: io::Error) -> Self {
        const ENFILE: i32 = 23;
        const EMFILE: i32 = 24;
        const ENOBUFS: i32 = 105;
        let is_here = error.kind() == io::ErrorKind::OutOfMemory
            || matches!(error.raw_os_error(), Some(ENFILE | EMFILE | ENOBUFS));
        if is_here { Self::Here(error) } else { Self::There(error) }
    }
}

/// The addresses that can be reached from where we dial, the two families in turn, beginning with
/// the family that the resolver put first.
fn in_turn(to: To<'_>) -> Vec<SocketAddr> {
    let fits = |address: &&IpAddr| to.from.is_none_or(|from| from.is_ipv4() == address.is_ipv4());
    let first_is_v4 = to.addresses.first().is_some_and(IpAddr::is_ipv4);
    let of_family = |v4: bool| to.addresses.iter().filter(fits).filter(move |a| a.is_ipv4() == v4);
    let (mut ours, mut theirs) = (of_family(first_is_v4), of_family(!first_is_v4));
    let mut ordered = Vec::with_capacity(to.addresses.len().min(MOST_ADDRESSES));
    while ordered.len() < MOST_ADDRESSES {
        let before = ordered.len();
        let pair = ours.next().into_iter().chain(theirs.next());
        ordered.extend(pair.map(|address| SocketAddr::new(*address, to.port)));
        if ordered.len() == before {
            break;
        }
    }
    ordered
}

#[cfg(test)]
mod tests;
