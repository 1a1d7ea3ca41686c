//! TLS to the exit itself.

use std::io;
use std::sync::{Arc, LazyLock};

use model::Host;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, DnsName, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::{DialError, TrustError};
use crate::stream::{Stream, Transport};

/// Sessions that can be resumed, a connector.
const SESSIONS: usize = 1024;

/// Read once a process: the files do not change while it runs, and there are many connectors.
static PUBLIC_ROOTS: LazyLock<RootCertStore> = LazyLock::new(load_public_roots);
static PUBLIC: LazyLock<Result<TlsTrust, rustls::Error>> =
    LazyLock::new(|| TlsTrust::from_roots(PUBLIC_ROOTS.clone()));

/// Which certificates an `https` exit may present, and the sessions that can be resumed with it.
/// Cheap to clone; made once a connector.
#[derive(Clone)]
pub struct TlsTrust(Arc<ClientConfig>);

// === impl TlsTrust ===

impl TlsTrust {
    /// Trusts the system's roots, or Mozilla's where the system has none, and the certificates in
    /// `ca_pem` besides. Without `ca_pem` all callers share one configuration.
    ///
    /// # Errors
    /// When `ca_pem` holds no certificate, or one that cannot be a root.
    pub fn new(ca_pem: Option<&str>) -> Result<Self, TrustError> {
        let Some(pem) = ca_pem else {
            return PUBLIC.clone().map_err(TrustError::Tls);
        };
        let mut roots = PUBLIC_ROOTS.clone();
        let public = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(TrustError::NotPem)?;
            roots.add(certificate).map_err(TrustError::BadCertificate)?;
        }
        if roots.len() == public {
            return Err(TrustError::Empty);
        }
        Self::from_roots(roots).map_err(TrustError::Tls)
    }

    fn from_roots(roots: RootCertStore) -> Result<Self, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Self(Arc::new(config)))
    }
}

impl std::fmt::Debug for TlsTrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsTrust")
    }
}

fn load_public_roots() -> RootCertStore {
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::warn!(%error, "a system root certificate could not be read");
    }
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(native.certs);
    if added == 0 {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    tracing::debug!(added, ignored, roots = roots.len(), "trusted roots loaded");
    roots
}

/// Speaks TLS to the exit over `socket`. The certificate has been verified for `host` when this
/// returns, and nothing but the handshake has been sent.
pub(crate) async fn handshake(
    socket: TcpStream,
    host: &Host,
    trust: &TlsTrust,
) -> Result<Stream, DialError> {
    let connector = TlsConnector::from(Arc::clone(&trust.0));
    let session = connector.connect(server_name(host)?, socket).await.map_err(classify)?;
    Ok(Stream::new(Transport::Tls(Box::new(session))))
}

fn server_name(host: &Host) -> Result<ServerName<'static>, DialError> {
    match host {
        Host::Ip(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Name(name) => DnsName::try_from(name.to_string())
            .map(ServerName::DnsName)
            .map_err(|error| DialError::ExitTls(io::Error::other(error))),
    }
}

/// Takes the certificate's faults out of all the ways in which a handshake can fail.
fn classify(error: io::Error) -> DialError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(tls @ rustls::Error::InvalidCertificate(_)) => DialError::ExitCertificate(tls.clone()),
        Some(tls @ rustls::Error::NoCertificatesPresented) => {
            DialError::ExitCertificate(tls.clone())
        }
        _ => DialError::ExitTls(error),
    }
}
