//! A certification authority of the testbed's own, for origins and exits that speak TLS.

use std::sync::Arc;

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::wire::Wire;

/// Signs certificates that only those believe who are told to.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// A fresh one.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new() -> Result<Self> {
        let mut params = CertificateParams::default();
        // A leaf of the same name as its issuer counts as self-signed with OpenSSL.
        params.distinguished_name.push(DnType::CommonName, "testbed authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)? })
    }

    /// Its certificate, for whoever is to believe it.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Its key, for a node that is to sign with it. Whoever has it can pose as anybody to those who
    /// believe this authority.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// The server's side of TLS for names and addresses.
    ///
    /// # Errors
    /// When a name is none.
    pub fn server(&self, names: &[&str]) -> Result<TlsAcceptor> {
        self.server_of(names, &[])
    }

    /// The same, of protocols such as `h2` and `http/1.1`, best first.
    ///
    /// # Errors
    /// When a name is none.
    pub fn server_of(&self, names: &[&str], protocols: &[&str]) -> Result<TlsAcceptor> {
        self.server_for(names, protocols, None)
    }

    /// The same, for clients that this authority has given a certificate, and nobody else.
    ///
    /// # Errors
    /// When a name is none.
    pub fn server_demanding(&self, names: &[&str], protocols: &[&str]) -> Result<TlsAcceptor> {
        let provider = Arc::new(default_provider());
        let roots = Arc::new(self.roots()?);
        let clients = WebPkiClientVerifier::builder_with_provider(roots, provider).build()?;
        self.server_for(names, protocols, Some(clients))
    }

    fn server_for(
        &self,
        names: &[&str],
        protocols: &[&str],
        clients: Option<Arc<dyn ClientCertVerifier>>,
    ) -> Result<TlsAcceptor> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate()?;
        let leaf = CertificateParams::new(names)?.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients.unwrap_or_else(WebPkiClientVerifier::no_client_auth))
            .with_single_cert(vec![leaf.der().clone()], key)?;
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone())?;
        Ok(roots)
    }

    /// A certificate for names and addresses and its key, for programs that read PEM files.
    ///
    /// # Errors
    /// When a name is none.
    pub fn leaf_pem(&self, names: &[&str]) -> Result<(String, String)> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate()?;
        let leaf = CertificateParams::new(names)?.signed_by(&key, &self.issuer)?;
        Ok((leaf.pem(), key.serialize_pem()))
    }

    /// Speaks TLS as a client that believes only this authority.
    ///
    /// # Errors
    /// When the handshake fails, or something has been read ahead on the wire.
    pub async fn secure(&self, wire: Wire, name: &str) -> Result<Wire> {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.roots()?)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        let name = ServerName::try_from(name.to_owned())?;
        Ok(Wire::new(Box::new(connector.connect(name, wire.into_socket()?).await?)))
    }
}
