//! What a root's certificate says of itself, without its key.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use crate::error::{AuthorityError, Result};
use crate::root::{certificates, parse};

/// A certificate that people may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: CertificateDer<'static>,
    subject: String,
    lifetime: (Timestamp, Timestamp),
}

// === impl Certificate ===

impl Certificate {
    /// Reads the one certificate of the PEM text.
    ///
    /// # Errors
    /// When there is none, or more than one, or it cannot be read.
    pub fn from_pem(pem: &str) -> Result<Self, AuthorityError> {
        Self::read(single(pem)?)
    }

    pub(crate) fn read(der: CertificateDer<'static>) -> Result<Self> {
        let certificate = parse(&der)?;
        let validity = certificate.validity();
        let date = |at: x509_parser::time::ASN1Time| {
            Timestamp::from_second(at.timestamp()).unwrap_or(Timestamp::MAX)
        };
        let lifetime = (date(validity.not_before), date(validity.not_after));
        let subject = certificate.subject().to_string();
        Ok(Self { der, subject, lifetime })
    }

    /// The certificate as DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of its DER, 64 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = String::with_capacity(64);
        for byte in sha256(&self.der) {
            // Writing to a string cannot fail.
            let _infallible = write!(text, "{byte:02x}");
        }
        text
    }

    /// Whose it is, such as `CN=Octoprox CA`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The first moment at which it is valid.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.lifetime.0
    }

    /// The last moment at which it is valid.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.lifetime.1
    }
}

/// The one certificate of the PEM text.
pub(crate) fn single(pem: &str) -> Result<CertificateDer<'static>> {
    let mut certificates = certificates(pem.as_bytes())?;
    let found = certificates.len();
    match (certificates.pop(), found) {
        (Some(certificate), 1) => Ok(certificate),
        _ => Err(AuthorityError::NotSingle { found }),
    }
}

pub(crate) fn sha256(der: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, der).as_ref());
    bytes
}
