//! `DisguiseError`: what could not be done, and whether the target can have seen the request.

/// Why a target could not be spoken to as a browser.
#[derive(Debug, thiserror::Error)]
pub enum DisguiseError {
    /// Certificates to trust cannot be read.
    #[error("cannot read the certificates to trust")]
    Roots(#[source] btls::error::ErrorStack),
    /// A browser's settings are refused by the library that is to follow them.
    #[error("cannot set up TLS as {identity} does")]
    Setup {
        /// Whose settings.
        identity: crate::Identity,
        /// What is refused.
        #[source]
        source: btls::error::ErrorStack,
    },
    /// The target's certificate does not hold; not one byte of a request was sent.
    #[error("the certificate of the target is refused: {check}")]
    Certificate {
        /// The check that failed, in OpenSSL's words.
        check: &'static str,
    },
    /// TLS with the target failed; not one byte of a request was sent.
    #[error("the TLS handshake with the target failed")]
    Handshake(#[source] btls::ssl::Error),
    /// HTTP with the target could not be begun.
    #[error("cannot begin HTTP with the target")]
    Begin(#[source] wreq_proto::Error),
    /// A field of the request has a name that is no token.
    #[error("a field of the request has no valid name")]
    Field(#[source] http::header::InvalidHeaderName),
    /// The request needs a host and a path.
    #[error("the request has no absolute target")]
    Target,
    /// The request needs a scheme, too.
    #[error("the target of the request is not complete")]
    Uri(#[source] http::uri::InvalidUriParts),
    /// The connection was gone before anything of the request was sent: another may be tried.
    #[error("the connection to the target was closed before the request")]
    NotSent(#[source] wreq_proto::Error),
    /// The request failed, and the target may have seen it.
    #[error("the target did not answer the request")]
    Request(#[source] wreq_proto::Error),
    /// The target did not change to another protocol.
    #[error("the target did not upgrade the connection")]
    Upgrade(#[source] wreq_proto::Error),
}
