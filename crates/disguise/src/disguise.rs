//! The way in: a stream that somebody has opened to the target becomes a browser's connection.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use btls::x509::X509VerifyError;
use btls::x509::store::X509Store;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_btls::SslStream;
use tokio_util::task::TaskTracker;

use crate::suit::Suit;
use crate::{Connection, DisguiseError, Identity, Roots, connection};

/// Makes connections that look like browsers'. One serves a whole node.
pub struct Disguise {
    roots: X509Store,
    /// There are no more of them than browsers, versions and systems.
    suits: Mutex<HashMap<Identity, Arc<Suit>>>,
}

/// To whom, and as whom.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The name or address that the certificate must be for; IPv6 without brackets.
    pub host: &'a str,
    /// Who to look like.
    pub identity: Identity,
    /// What to offer.
    pub protocols: Protocols,
    /// Whether the certificate has to hold. Where not, anybody may be at the other end.
    pub verify: bool,
}

/// The protocols that are offered to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocols {
    /// Whatever the browser offers: HTTP/2 and HTTP/1.1.
    All,
    /// HTTP/1.1 alone, as browsers do for a WebSocket.
    Http1,
}

impl Disguise {
    /// Trusts targets that `roots` vouch for, and no others.
    #[must_use]
    pub fn new(roots: Roots) -> Self {
        Self { roots: roots.build(), suits: Mutex::default() }
    }

    /// Speaks TLS over `stream` and begins HTTP. What the connection does in the background is on
    /// `tracker`, and ends with it.
    ///
    /// There is no limit of time in here: the caller has one over all that it does.
    ///
    /// # Errors
    /// When the handshake fails, or the certificate does not hold.
    pub async fn connect<S>(
        &self,
        stream: S,
        target: Target<'_>,
        tracker: &TaskTracker,
    ) -> Result<Connection, DisguiseError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let identity = target.identity;
        let setup = |source| DisguiseError::Setup { identity, source };
        let suit = self.suit(identity).map_err(setup)?;
        let ssl = suit.handshake(&target).map_err(setup)?;
        let mut stream = SslStream::new(ssl, stream).map_err(setup)?;
        let shaken = Pin::new(&mut stream).connect().await;
        shaken.map_err(|error| failed(error, &stream))?;
        connection::begin(stream, &suit, tracker).await
    }

    fn suit(&self, identity: Identity) -> Result<Arc<Suit>, btls::error::ErrorStack> {
        if let Some(suit) = self.suits.lock().get(&identity) {
            return Ok(suit.clone());
        }
        let suit = Arc::new(Suit::of(identity, &self.roots)?);
        self.suits.lock().insert(identity, suit.clone());
        Ok(suit)
    }
}

fn failed<S>(error: btls::ssl::Error, stream: &SslStream<S>) -> DisguiseError
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match stream.ssl().verify_result() {
        // What stands there until a certificate has come.
        Ok(()) | Err(X509VerifyError::INVALID_CALL) => DisguiseError::Handshake(error),
        Err(check) => DisguiseError::Certificate { check: check.error_string() },
    }
}
