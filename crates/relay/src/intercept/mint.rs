//! TLS as any target: the roots of the roster, and a leaf for each host.

use std::sync::Arc;

use authority::{Authority, AuthorityError, Root};
use model::RootCertificate;
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::Inside;
use crate::relay::Relay;

/// Issues certificates from the roots of the newest roster.
#[derive(Default)]
pub(crate) struct Mint(Mutex<Option<Known>>);

/// The roots that were read last.
#[derive(Clone)]
struct Known {
    roots: Arc<[RootCertificate]>,
    authority: Authority,
    config: Arc<ServerConfig>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MintError {
    #[error("there is no root certificate yet")]
    NoRoot,
    #[error("the root certificate cannot be used")]
    Authority(#[from] AuthorityError),
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// The certificate of one host, for one connection.
#[derive(Debug)]
struct Leaf(Arc<CertifiedKey>);

impl Mint {
    /// How TLS is spoken with a client that believes to talk to `inside.name`.
    pub(crate) async fn config(
        &self,
        relay: &Relay,
        inside: &Inside,
    ) -> Result<Arc<ServerConfig>, MintError> {
        let Known { authority, config, .. } = self.known(relay)?;
        let leaf = authority.leaf(&inside.name.to_string()).await?;
        // What connections have in common is behind pointers.
        let mut config = (*config).clone();
        config.cert_resolver = Arc::new(Leaf(leaf));
        Ok(Arc::new(config))
    }

    fn known(&self, relay: &Relay) -> Result<Known, MintError> {
        let roots = Arc::clone(relay.roster().roots());
        let mut known = self.0.lock();
        if let Some(known) = known.as_ref().filter(|known| Arc::ptr_eq(&known.roots, &roots)) {
            return Ok(known.clone());
        }
        let newest = roots.last().ok_or(MintError::NoRoot)?;
        let root = Root::from_pem(&newest.certificate_pem, newest.key_pem.expose())?;
        let clock = relay.clock().clone();
        let authority = Authority::new(root, move || clock.now())?;
        let made = Known { roots, authority, config: Arc::new(config()?) };
        *known = Some(made.clone());
        Ok(made)
    }
}

fn config() -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Nobody));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
    Ok(config)
}

/// Stands where each connection puts its own.
#[derive(Debug)]
struct Nobody;

impl ResolvesServerCert for Nobody {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

impl ResolvesServerCert for Leaf {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
