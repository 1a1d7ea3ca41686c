//! `AuthorityError`.

/// Why there is no certificate. The text never shows a byte of a key.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// A root's name has 1 to 64 characters (RFC 5280 appendix A.1, `ub-common-name`).
    #[error("the root's name has {found} characters instead of 1 to 64")]
    BadName {
        /// Characters given.
        found: usize,
    },
    /// There is no certificate in the PEM text, or the text is damaged.
    #[error("no certificate could be read from the PEM text")]
    CertificateNotPem,
    /// A root was given along with other certificates.
    #[error("a root is a single certificate, and the PEM text holds {found}")]
    NotSingle {
        /// Certificates given.
        found: usize,
    },
    /// What is inside the PEM text is no X.509 certificate (RFC 5280).
    #[error("the certificate could not be parsed")]
    BadCertificate(#[source] x509_parser::nom::Err<x509_parser::error::X509Error>),
    /// The certificate may not sign others: no `CA:TRUE`, or a key usage without `keyCertSign`.
    #[error("the certificate is no authority's: it may not sign others")]
    NotAnAuthority,
    /// The root's subject would come out differently as the issuer of a leaf, and no client would
    /// find the one to the other.
    #[error("the root's subject cannot be repeated exactly as the issuer of a leaf")]
    UnsupportedSubject,
    /// There is no private key in the PEM text, or it is encrypted, or the text is damaged.
    #[error("no unencrypted private key could be read from the PEM text")]
    KeyNotPem,
    /// The private key is damaged, or of a kind that is not supported.
    #[error("the private key is none that can be used: ECDSA, RSA or Ed25519")]
    BadKey,
    /// The private key is another certificate's.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// No key could be made.
    #[error("a key could not be generated")]
    KeyGeneration(#[source] rcgen::Error),
    /// The root's time is over.
    #[error("the root certificate has expired")]
    RootExpired,
    /// There is no root yet.
    #[error("there is no root certificate to sign with")]
    NoRoot,
    /// Too many new leaves in one minute.
    #[error("too many certificates for new hosts in this minute")]
    TooMany {
        /// For whom, as the asker named them.
        who: u64,
    },
    /// Neither a DNS name in ASCII nor an IP address without brackets.
    #[error("the host is neither a DNS name nor an IP address")]
    BadHost,
    /// A listener's certificate was asked for without a name.
    #[error("a certificate needs at least one name")]
    NoNames,
    /// The certificate could not be signed.
    #[error("the certificate could not be signed")]
    Signing(#[source] rcgen::Error),
    /// The TLS library did not accept what it was given.
    #[error("TLS could not be set up with the certificate")]
    Tls(#[source] rustls::Error),
}

/// What everything here returns.
pub(crate) type Result<T, E = AuthorityError> = std::result::Result<T, E>;
