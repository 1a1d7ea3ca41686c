//! The certificates that targets' certificates are verified with.

use btls::x509::X509;
use btls::x509::store::{X509Store, X509StoreBuilder};

use crate::DisguiseError;

/// Certificates that are trusted. There is no way to trust everybody.
pub struct Roots(X509StoreBuilder);

impl Roots {
    /// Nobody yet.
    ///
    /// # Errors
    /// When memory is short.
    pub fn none() -> Result<Self, DisguiseError> {
        X509StoreBuilder::new().map(Self).map_err(DisguiseError::Roots)
    }

    /// The authorities that browsers trust, as Mozilla lists them.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn public() -> Result<Self, DisguiseError> {
        let mut roots = Self::none()?;
        for der in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            roots.add_der(der)?;
        }
        Ok(roots)
    }

    /// One more, DER.
    ///
    /// # Errors
    /// When it is no certificate.
    pub fn add_der(&mut self, der: &[u8]) -> Result<(), DisguiseError> {
        let certificate = X509::from_der(der).map_err(DisguiseError::Roots)?;
        self.0.add_cert(&certificate).map_err(DisguiseError::Roots)
    }

    /// Some more, PEM.
    ///
    /// # Errors
    /// When something in it is no certificate.
    pub fn add_pem(&mut self, pem: &str) -> Result<(), DisguiseError> {
        for certificate in X509::stack_from_pem(pem.as_bytes()).map_err(DisguiseError::Roots)? {
            self.0.add_cert(&certificate).map_err(DisguiseError::Roots)?;
        }
        Ok(())
    }

    pub(crate) fn build(self) -> X509Store {
        self.0.build()
    }
}
