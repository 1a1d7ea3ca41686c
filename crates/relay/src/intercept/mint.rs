//! TLS as any target: the roots of the roster, and a leaf for each host.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use authority::{Authorities, AuthorityError, Turn};
use model::RootCertificate;
use parking_lot::Mutex;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ProducesTickets, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, ServerConfig};

use super::Inside;
use crate::relay::Relay;

/// Issues certificates from the roots of the newest roster.
#[derive(Default)]
pub(crate) struct Mint {
    known: Mutex<Option<Known>>,
    projects: RandomState,
}

/// The roots that were read last.
#[derive(Clone)]
struct Known {
    roots: Arc<[RootCertificate]>,
    authorities: Authorities,
    configs: Configs,
}

/// How TLS is spoken, but for the certificate.
#[derive(Clone)]
struct Configs {
    all: Arc<ServerConfig>,
    /// Without the suite of TLS 1.3 whose hash is SHA-384: no processor that we know helps with it,
    /// and a handshake hashes much. Browsers prefer another one; who does not is not asked.
    light: Arc<ServerConfig>,
}

/// The suite that every client of TLS 1.3 must have (RFC 8446 section 9.1), and what is left out
/// where it has.
const USUAL: CipherSuite = CipherSuite::TLS13_AES_128_GCM_SHA256;
const HEAVY: CipherSuite = CipherSuite::TLS13_AES_256_GCM_SHA384;
/// Tickets for each session: a client that comes again needs one, and gets another one then.
const TICKETS: usize = 1;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MintError {
    #[error("no certificate could be issued")]
    Authority(#[from] AuthorityError),
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// The certificate of one host, for one connection.
#[derive(Debug)]
struct Leaf(Arc<CertifiedKey>);

// === impl Mint ===

impl Mint {
    /// How TLS is spoken with a client that believes to talk to `inside.name`.
    pub(crate) async fn config(
        &self,
        relay: &Relay,
        inside: &Inside,
    ) -> Result<Arc<ServerConfig>, MintError> {
        let Known { authorities, configs, .. } = self.known(relay)?;
        let who = self.projects.hash_one(inside.project);
        let leaf = authorities.leaf_for(&inside.name.to_string(), who).await?;
        // What connections have in common is behind pointers.
        let mut config = configs.suiting(inside).clone();
        config.cert_resolver = Arc::new(Leaf(leaf));
        Ok(Arc::new(config))
    }

    fn known(&self, relay: &Relay) -> Result<Known, MintError> {
        let roots = Arc::clone(relay.roster().roots());
        let mut slot = self.known.lock();
        let turns: Vec<Turn<'_>> = match &*slot {
            Some(known) if Arc::ptr_eq(&known.roots, &roots) => return Ok(known.clone()),
            _ => roots.iter().map(turn).collect(),
        };
        let roots = Arc::clone(&roots);
        let known = if let Some(known) = slot.take() {
            known.authorities.set_roots(&turns)?;
            Known { roots, ..known }
        } else {
            let clock = relay.clock().clone();
            let authorities = Authorities::new(&turns, move || clock.now())?;
            Known { roots, authorities, configs: Configs::new()? }
        };
        Ok(slot.insert(known).clone())
    }
}

fn turn(root: &RootCertificate) -> Turn<'_> {
    Turn {
        certificate_pem: &root.certificate_pem,
        key_pem: root.key_pem.expose(),
        signs_from: root.signs_from,
    }
}

// === impl Configs ===

impl Configs {
    fn new() -> Result<Self, rustls::Error> {
        let ticketer = aws_lc_rs::Ticketer::new()?;
        let (all, light) = (config(&[], &ticketer)?, config(&[HEAVY], &ticketer)?);
        Ok(Self { all: Arc::new(all), light: Arc::new(light) })
    }

    fn suiting(&self, inside: &Inside) -> &ServerConfig {
        let is_usual = inside.hello.seen.ciphers.contains(&USUAL.into());
        if is_usual { &self.light } else { &self.all }
    }
}

fn config(
    without: &[CipherSuite],
    ticketer: &Arc<dyn ProducesTickets>,
) -> Result<ServerConfig, rustls::Error> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| !without.contains(&suite.suite()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Nobody));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = Arc::clone(ticketer);
    config.send_tls13_tickets = TICKETS;
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
