//! TLS to the target itself, over the tunnel that an exit has opened.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use model::Host;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, SignatureScheme};
use rustls::{ClientConfig, ClientConnection};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;

use crate::error::{DialError, TrustError};
use crate::stream::{Stream, Transport};
use crate::tls;

/// What targets have to prove. Cheap to clone; made once a project.
#[derive(Clone)]
pub struct OriginTrust {
    verified: Offers,
    unverified: Offers,
}

/// One configuration for each list of protocols that is offered.
#[derive(Clone)]
struct Offers {
    both: Arc<ClientConfig>,
    only_http1: Arc<ClientConfig>,
}

/// How TLS is to be spoken with one target.
#[derive(Debug, Clone, Copy)]
pub struct Handshake<'a> {
    /// Whom the certificate must name.
    pub host: &'a Host,
    /// Whether HTTP/2 is offered besides HTTP/1.1.
    pub http2: bool,
    /// Whether the certificate is looked at. Somebody decided for this host that it is not.
    pub verify: bool,
}

/// A target that has proved who it is.
#[derive(Debug)]
pub struct Secured {
    /// The stream.
    pub stream: Stream,
    /// Whether it speaks HTTP/2.
    pub is_http2: bool,
    /// Whether it asked for a certificate of the client, which it did not get: it may refuse
    /// everything from now on.
    pub asked_certificate: bool,
    /// The first that was written: the records with our `ClientHello`.
    pub hello: Vec<u8>,
}

thread_local! {
    /// Whether the handshake that is being polled has been asked for a certificate.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// Has no certificate, and remembers that one was asked for.
#[derive(Debug)]
struct NoCertificate;

// === impl OriginTrust ===

impl OriginTrust {
    /// Trusts what [`TlsTrust::new`](crate::TlsTrust::new) does.
    ///
    /// # Errors
    /// When `extra_roots` holds no certificate, or one that cannot be a root.
    pub fn new(extra_roots: Option<&str>) -> Result<Self, TrustError> {
        let verified = tls::verifying(extra_roots)?;
        let unverified = tls::not_verifying().map_err(TrustError::Tls)?;
        Ok(Self { verified: Offers::of(verified), unverified: Offers::of(unverified) })
    }
}

impl Offers {
    fn of(mut config: ClientConfig) -> Self {
        config.client_auth_cert_resolver = Arc::new(NoCertificate);
        // A session that is resumed through another exit would tell the target that both are one.
        config.resumption = Resumption::disabled();
        let mut both = config.clone();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        both.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self { both: Arc::new(both), only_http1: Arc::new(config) }
    }
}

impl std::fmt::Debug for OriginTrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OriginTrust")
    }
}

/// Speaks TLS to the target at the other end of `tunnel`. Nothing but the handshake has been sent
/// when this returns.
///
/// # Errors
/// [`DialError::TargetCertificate`], [`DialError::CertificateWanted`], [`DialError::TargetTls`].
pub async fn secure(
    tunnel: Stream,
    trust: &OriginTrust,
    handshake: Handshake<'_>,
) -> Result<Secured, DialError> {
    let offers = if handshake.verify { &trust.verified } else { &trust.unverified };
    let config = if handshake.http2 { &offers.both } else { &offers.only_http1 };
    let name = tls::server_name(handshake.host).map_err(DialError::TargetTls)?;
    let connector = TlsConnector::from(Arc::clone(config));
    let (mut hello, mut taken) = (Vec::new(), Ok(0));
    // It is written here and not by the session, so that what is told of it is what was written.
    let take = |session: &mut ClientConnection| taken = session.write_tls(&mut hello);
    // On the heap: it holds a session.
    let mut connecting = Box::new(connector.connect_with(name, tunnel, take));
    taken.map_err(DialError::TargetTls)?;
    if let Some(tunnel) = connecting.get_mut() {
        tunnel.write_all(&hello).await.map_err(DialError::TargetTls)?;
        tunnel.flush().await.map_err(DialError::TargetTls)?;
    }
    let mut asked = false;
    let connected = poll_fn(|cx| {
        ASKED.set(false);
        let polled = Pin::new(&mut *connecting).poll(cx);
        asked |= ASKED.get();
        polled
    });
    let connected = connected.await;
    let session = connected.map_err(|error| classify(error, asked))?;
    let is_http2 = session.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = Stream::new(Transport::Origin(Box::new(session)));
    Ok(Secured { stream, is_http2, asked_certificate: asked, hello })
}

fn alert(error: &io::Error) -> Option<AlertDescription> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

fn classify(error: io::Error, asked: bool) -> DialError {
    let refused = matches!(
        alert(&error),
        Some(
            AlertDescription::CertificateRequired
                | AlertDescription::HandshakeFailure
                | AlertDescription::BadCertificate
        )
    );
    if asked && refused {
        return DialError::CertificateWanted(error);
    }
    match tls::certificate_fault(&error) {
        Some(fault) => DialError::TargetCertificate(fault),
        None => DialError::TargetTls(error),
    }
}

// === impl NoCertificate ===

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        ASKED.set(true);
        None
    }

    fn has_certs(&self) -> bool {
        // Else nobody is asked; what is not there is not sent all the same.
        true
    }
}
