//! A client that has just been accepted: who it is, and what it speaks.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::boxed::boxed;
use crate::client::{Client, ClientStream};
use crate::connection::Becomes;
use crate::relay::{Place, Relay};
use crate::{announced, connection, socks};

/// What the first record of TLS begins with (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 0x16;

/// Serves a client that has just been accepted: over TLS where its first byte begins that, and there is
/// any, or else in the clear. What it becomes is left to whoever runs it.
pub(crate) async fn serve(
    relay: Arc<Relay>,
    (mut socket, peer): (TcpStream, SocketAddr),
    place: Place,
) -> Option<Becomes> {
    let peer = client_of(&relay, &mut socket, peer).await?;
    let Some(tls) = relay.tls().cloned() else {
        return in_the_clear(relay, Client::new(ClientStream::tcp(socket, place), peer)).await;
    };
    let (mut first, patience) = ([0], relay.settings().head_timeout);
    match timeout(patience, socket.peek(&mut first)).await {
        Ok(Ok(1)) if first[0] == HANDSHAKE => {
            let accepting = Box::pin(TlsAcceptor::from(tls).accept(socket));
            let stream = timeout(patience, accepting).await.ok()?.ok()?;
            let client = Client::new(ClientStream::tls(stream, place), peer);
            boxed(|| connection::http(relay, client)).await
        }
        Ok(Ok(1)) => {
            let client = Client::new(ClientStream::tcp(socket, place), peer);
            boxed(|| in_the_clear(relay, client)).await
        }
        _ => None,
    }
}

/// Serves a client by the first byte it sends: SOCKS5, SOCKS4, or else HTTP. Each boxed: nobody holds
/// the memory of what another one speaks.
async fn in_the_clear(relay: Arc<Relay>, mut client: Client) -> Option<Becomes> {
    let filled = timeout(relay.settings().head_timeout, client.fill()).await;
    let Ok(Ok(1..)) = filled else { return None };
    match client.input.first() {
        Some(0x05 | 0x04) => boxed(|| socks::serve(relay, client)).await,
        _ => boxed(|| connection::http(relay, client)).await,
    }
}

/// Who the client is; `None` when nobody is let in like this.
async fn client_of(relay: &Relay, socket: &mut TcpStream, peer: SocketAddr) -> Option<SocketAddr> {
    let balancers = &relay.settings().proxy_protocol_from;
    if balancers.is_empty() {
        return Some(peer);
    }
    let ip = peer.ip().to_canonical();
    if !balancers.iter().any(|network| network.contains(&ip)) {
        return None;
    }
    timeout(relay.settings().head_timeout, announced::read(socket, peer)).await.ok()?.ok()
}
