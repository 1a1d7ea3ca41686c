//! The roots of interception: what clients have to trust.

use jiff::Timestamp;

use crate::revision::Revision;
use crate::secret::Secret;

/// A root certificate of this installation, with its key.
#[derive(Debug, Clone)]
pub struct RootCertificate {
    /// SHA-256 of the certificate's DER, 64 hexadecimal digits: its name everywhere.
    pub fingerprint: String,
    /// The certificate, as PEM.
    pub certificate_pem: String,
    /// Its key, unencrypted, as PEM.
    pub key_pem: Secret,
    /// From then on it signs, until the next one does: the time before is for clients to learn to
    /// trust it.
    pub signs_from: Timestamp,
    /// The change that wrote it.
    pub revision: Revision,
}
