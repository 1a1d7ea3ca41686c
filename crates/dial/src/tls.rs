//! TLS to the exit itself.

use std::io;
use std::sync::{Arc, LazyLock};

use model::Host;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::{
    CipherSuite, ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore,
    SignatureScheme, WantsVerifier,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, DnsName, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::{DialError, TrustError};
use crate::stream::{Stream, Transport};

/// The suite that is asked for first.
const FIRST: CipherSuite = CipherSuite::TLS13_AES_128_GCM_SHA256;
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
        match ca_pem {
            None => PUBLIC.clone().map_err(TrustError::Tls),
            Some(_) => Self::from_roots(roots(ca_pem)?).map_err(TrustError::Tls),
        }
    }

    fn from_roots(roots: RootCertStore) -> Result<Self, rustls::Error> {
        let mut config = builder()?.with_root_certificates(roots).with_no_client_auth();
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

/// The public roots, and those of `pem` besides.
fn roots(pem: Option<&str>) -> Result<RootCertStore, TrustError> {
    let mut roots = PUBLIC_ROOTS.clone();
    let Some(pem) = pem else { return Ok(roots) };
    let public = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(TrustError::NotPem)?;
        roots.add(certificate).map_err(TrustError::BadCertificate)?;
    }
    if roots.len() == public { Err(TrustError::Empty) } else { Ok(roots) }
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    let mut provider = aws_lc_rs::default_provider();
    // First what browsers ask for first, too. The other suite of AES hashes with SHA-384, which no
    // processor that we know helps with, and a handshake hashes much.
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != FIRST);
    ClientConfig::builder_with_provider(Arc::new(provider)).with_safe_default_protocol_versions()
}

/// A configuration that accepts certificates of the public roots and of those in `extra`.
pub(crate) fn verifying(extra: Option<&str>) -> Result<ClientConfig, TrustError> {
    let builder = builder().map_err(TrustError::Tls)?;
    Ok(builder.with_root_certificates(roots(extra)?).with_no_client_auth())
}

/// A configuration that accepts every certificate.
pub(crate) fn not_verifying() -> Result<ClientConfig, rustls::Error> {
    let provider = aws_lc_rs::default_provider();
    let anyone = Anyone(provider.signature_verification_algorithms);
    let builder = builder()?.dangerous().with_custom_certificate_verifier(Arc::new(anyone));
    Ok(builder.with_no_client_auth())
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
    let name = server_name(host).map_err(DialError::ExitTls)?;
    let session = connector.connect(name, socket).await.map_err(classify)?;
    Ok(Stream::new(Transport::Tls(Box::new(session))))
}

pub(crate) fn server_name(host: &Host) -> io::Result<ServerName<'static>> {
    match host {
        Host::Ip(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Name(name) => {
            DnsName::try_from(name.to_string()).map(ServerName::DnsName).map_err(io::Error::other)
        }
    }
}

/// Takes the certificate's faults out of all the ways in which a handshake can fail.
fn classify(error: io::Error) -> DialError {
    match certificate_fault(&error) {
        Some(fault) => DialError::ExitCertificate(fault),
        None => DialError::ExitTls(error),
    }
}

/// What was wrong with the certificate, if it was the certificate.
pub(crate) fn certificate_fault(error: &io::Error) -> Option<rustls::Error> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        fault @ (rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Some(fault.clone())
        }
        _ => None,
    }
}

/// Takes whoever holds the key of whatever certificate.
#[derive(Debug)]
struct Anyone(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
