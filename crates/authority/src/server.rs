//! TLS to the proxy itself, for its own listener.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use rcgen::SanType;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use crate::cache::Authority;
use crate::error::{AuthorityError, Result};
use crate::leaf::{Leaf, Signer, subject};
use crate::root::{PROVIDER, certificates, certified_key, private_key};

/// How long a certificate that could not be renewed is used before the next try, in seconds.
const RETRY: i64 = 3600;

impl Authority {
    /// TLS for a listener that is reached under `names`, DNS names or IP addresses: one certificate
    /// for all of them, shown to every client whatever it asks for, since who connects to an
    /// address asks for nothing. Signed anew after half of its life. HTTP/1.1 only.
    ///
    /// # Errors
    /// When there is no name, one is neither DNS name nor address, or the root has expired.
    pub fn server_config(&self, names: &[String]) -> Result<Arc<ServerConfig>, AuthorityError> {
        let names = names.iter().map(|name| subject(name)).collect::<Result<Vec<_>>>()?;
        let leaf = Mutex::new(self.signer.sign(&names)?);
        config(Arc::new(Renewed { signer: Arc::clone(&self.signer), names, leaf }))
    }
}

/// TLS for a listener that has a certificate already. `certificate_pem` holds its chain, its own
/// certificate first; `key_pem` its key, unencrypted, as PKCS #8, SEC1 or PKCS #1. HTTP/1.1 only.
///
/// # Errors
/// When either cannot be read, or they do not belong together.
pub fn server_config_from_pem(
    certificate_pem: &[u8],
    key_pem: &[u8],
) -> Result<Arc<ServerConfig>, AuthorityError> {
    let certified = certified_key(certificates(certificate_pem)?, private_key(key_pem)?)?;
    config(Arc::new(SingleCertAndKey::from(certified)))
}

fn config(certificate: Arc<dyn ResolvesServerCert>) -> Result<Arc<ServerConfig>> {
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&PROVIDER))
        .with_safe_default_protocol_versions()
        .map_err(AuthorityError::Tls)?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A listener's certificate, which has to outlast its thirty days when the process does.
struct Renewed {
    signer: Arc<Signer>,
    names: Vec<SanType>,
    leaf: Mutex<Leaf>,
}

// === impl Renewed ===

impl ResolvesServerCert for Renewed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut leaf = self.leaf.lock();
        let now = self.signer.now();
        if leaf.half_life <= now {
            match self.signer.sign(&self.names) {
                Ok(renewed) => *leaf = renewed,
                Err(error) => {
                    tracing::warn!(%error, "the listener's certificate could not be renewed");
                }
            }
            leaf.half_life = leaf.half_life.max(now + RETRY);
        }
        Some(Arc::clone(&leaf.certified))
    }
}

impl fmt::Debug for Renewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewed").field("names", &self.names).finish_non_exhaustive()
    }
}
