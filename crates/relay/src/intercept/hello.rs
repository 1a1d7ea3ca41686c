//! Reads what a client says first inside of its tunnel, and keeps the bytes.

use std::time::Duration;

use fingerprint::Read;
use fingerprint::client_hello::{self, ClientHello};
use model::interception::Unknown;
use model::target::Host;
use tokio::time::timeout;

use crate::client::Client;
use crate::error::RelayError;

/// A client that says nothing for so long waits for the target to speak first: that is not TLS.
const SILENCE: Duration = Duration::from_secs(2);
/// The longest introduction that is waited for.
const LONGEST: usize = 64 * 1024;

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
    /// All that it said, which gives away what it is.
    pub(crate) seen: Box<ClientHello>,
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
    if bytes.is_empty() {
        return None;
    }
    match client_hello::read(bytes) {
        Ok(Read::NeedsMore) => None,
        Ok(Read::Whole(hello)) => Some(of(hello)),
        Err(_) => Some(Spoken::Else),
    }
}

fn of(hello: ClientHello) -> Spoken {
    let is_http = |protocol: &Vec<u8>| protocol == b"h2" || protocol == b"http/1.1";
    if !hello.alpn.is_empty() && !hello.alpn.iter().any(is_http) {
        return Spoken::Else;
    }
    let name = hello.server_name.as_deref().and_then(|name| Host::parse(name).ok());
    Spoken::Http(Hello { name, seen: Box::new(hello) })
}
