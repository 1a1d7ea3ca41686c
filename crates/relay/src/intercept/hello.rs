//! Reads what a client says first inside of its tunnel, and keeps the bytes.

use std::io;
use std::time::Duration;

use model::interception::Unknown;
use model::target::Host;
use rustls::server::Acceptor;
use tokio::time::timeout;

use crate::client::Client;
use crate::error::RelayError;

/// A client that says nothing for so long waits for the target to speak first: that is not TLS.
const SILENCE: Duration = Duration::from_secs(2);
/// The longest introduction that is waited for.
const LONGEST: usize = 64 * 1024;
/// The type of a TLS record that holds a handshake (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 22;

/// What is spoken inside of the tunnel.
pub(super) enum Spoken {
    /// TLS, by somebody who wants HTTP, or does not say what.
    Http(Hello),
    /// Something else.
    Else,
}

/// How a client introduced itself.
#[derive(Debug, Clone)]
pub(crate) struct Hello {
    /// Whom it wants to talk to.
    pub(super) name: Option<Host>,
}

/// Reads until it is certain what is spoken. All that has been read stays in the client's input.
pub(super) async fn read(client: &mut Client, unknown: Unknown) -> Result<Spoken, RelayError> {
    loop {
        match classify(&client.input) {
            Some(spoken) => return Ok(spoken),
            None if client.input.len() >= LONGEST => return Ok(Spoken::Else),
            None => {}
        }
        let may_be_silent = client.input.is_empty() && unknown == Unknown::Tunnel;
        let silence = if may_be_silent { SILENCE } else { Duration::MAX };
        match timeout(silence, client.fill()).await {
            Err(_) => return Ok(Spoken::Else),
            Ok(Ok(0)) => return Err(RelayError::Truncated),
            Ok(Ok(_)) => {}
            Ok(Err(source)) => return Err(RelayError::ClientGone { source }),
        }
    }
}

/// What the bytes are; `None` while more may tell.
fn classify(bytes: &[u8]) -> Option<Spoken> {
    if *bytes.first()? != HANDSHAKE {
        return Some(Spoken::Else);
    }
    let mut acceptor = Acceptor::default();
    let mut unread = bytes;
    loop {
        match acceptor.accept() {
            Ok(Some(accepted)) => return Some(of(&accepted.client_hello())),
            Ok(None) => {}
            Err(_) => return Some(Spoken::Else),
        }
        match acceptor.read_tls(&mut unread) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Some(Spoken::Else),
        }
    }
}

fn of(hello: &rustls::server::ClientHello<'_>) -> Spoken {
    let mut protocols = hello.alpn().into_iter().flatten().peekable();
    let is_silent = protocols.peek().is_none();
    if !is_silent && !protocols.any(|protocol| protocol == b"h2" || protocol == b"http/1.1") {
        return Spoken::Else;
    }
    let name = hello.server_name().and_then(|name| Host::parse(name).ok());
    Spoken::Http(Hello { name })
}
