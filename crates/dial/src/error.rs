//! `DialError`: who is to blame, and whether another exit may be tried.

use std::io;

use http1::HeadError;
use model::exchange::Blame;
use rustls::CertificateError;

use crate::guard::{AddressClass, Forbidden};

/// Why there is no tunnel. The text says what was tried, never where to or with which login.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// The exit's name has no address.
    #[error("the exit's name could not be looked up")]
    ExitName(#[source] io::Error),
    /// None of the exit's addresses accepted a connection.
    #[error("the exit could not be reached")]
    ExitUnreachable(#[source] io::Error),
    /// The exit broke the connection off, in the middle of its answer or before it.
    #[error("the exit closed the connection before its answer was complete")]
    ExitClosed(#[source] io::Error),
    /// The TLS handshake with the exit failed, for another reason than its certificate.
    #[error("the TLS handshake with the exit failed")]
    ExitTls(#[source] io::Error),
    /// The exit's certificate was not accepted; no byte of the login was sent.
    #[error("the exit's certificate was not accepted")]
    ExitCertificate(#[source] rustls::Error),
    /// The exit wants a login, or another one than ours (407, or the SOCKS equivalents).
    #[error("the exit did not accept our login")]
    Unauthorized,
    /// An HTTP exit answered CONNECT with a final status other than 2xx and 407.
    #[error("the exit answered the CONNECT with status {status}")]
    Refused {
        /// The status: 100-999.
        status: u16,
    },
    /// A SOCKS5 exit answered with a reply other than 0 (RFC 1928 section 6).
    #[error("the exit answered with SOCKS5 reply {reply}")]
    Socks5Refused {
        /// 1-255.
        reply: u8,
    },
    /// A SOCKS4 exit answered with a code other than 90 and the two about identd.
    #[error("the exit answered with SOCKS4 code {code}")]
    Socks4Refused {
        /// The code as sent.
        code: u8,
    },
    /// The exit does not speak the protocol it is listed under.
    #[error("the exit's answer was not understood")]
    BadAnswer(#[source] BadAnswer),
    /// The exit's login cannot be written in the exit's protocol.
    #[error("the login cannot be sent in the exit's protocol")]
    BadLogin,
    /// The target's name is longer than the exit's protocol can carry: 255 bytes in SOCKS.
    #[error("the target's name is too long for the exit's protocol")]
    NameTooLong,
    /// Asked for a connection for absolute-form requests to an exit that is no HTTP proxy.
    #[error("the exit takes no requests in absolute form")]
    NotHttp,
    /// The target's name, looked up by this node, has no address.
    #[error("the target's name could not be looked up")]
    TargetName(#[source] io::Error),
    /// None of the target's addresses accepted a connection from this node.
    #[error("the target could not be reached")]
    TargetUnreachable(#[source] io::Error),
    /// The target's certificate was not accepted; no byte of a request was sent.
    #[error("the target's certificate was not accepted: {}", certificate_fault(.0))]
    TargetCertificate(#[source] rustls::Error),
    /// The target wants a certificate of the client.
    #[error("the target wants a certificate of the client")]
    CertificateWanted(#[source] io::Error),
    /// The TLS handshake with the target failed, for another reason than certificates.
    #[error("the TLS handshake with the target failed")]
    TargetTls(#[source] io::Error),
    /// The guard forbids the target, or one of the addresses its name stands for.
    #[error("the target is forbidden")]
    TargetForbidden(#[source] Forbidden),
    /// This node could not open a socket: descriptors, memory, a source address that it does not
    /// have.
    #[error("this node could not open a socket")]
    NoSocket(#[source] io::Error),
}

/// What was wrong with an exit's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadAnswer {
    /// Not an HTTP/1 response head.
    #[error("not an HTTP response")]
    NotHttp(#[source] HeadError),
    /// A head of more than 64 KiB or 100 fields.
    #[error("the head of the response is too large")]
    HeadTooLarge(#[source] HeadError),
    /// More informational responses than anybody sends, or 101.
    #[error("too many informational responses")]
    Informational,
    /// The first byte is not the version of the protocol.
    #[error("wrong SOCKS version")]
    Version,
    /// The exit chose a method that was not offered.
    #[error("a method that was not offered")]
    Method,
    /// An address of no known type in the reply.
    #[error("unknown address type")]
    AddressType,
}

/// Why a connector's certificates cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The text is not PEM.
    #[error("the certificates are not in PEM form")]
    NotPem(#[source] rustls_pki_types::pem::Error),
    /// The text holds no certificate.
    #[error("there is no certificate in the PEM text")]
    Empty,
    /// One of the certificates cannot be a root.
    #[error("a certificate cannot be used as a root")]
    BadCertificate(#[source] rustls::Error),
    /// TLS itself could not be set up.
    #[error("TLS could not be set up")]
    Tls(#[source] rustls::Error),
}

// === impl DialError ===

impl DialError {
    /// Whose fault it is.
    ///
    /// 502, 503 and 504 from an HTTP exit and code 91 from a SOCKS4 exit are what honest exits say
    /// when the *target* cannot be reached, so they count against the target: otherwise a client
    /// that asks for dead hosts could demote a whole pool. Probes find the exits that say so to
    /// everybody.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::ExitName(_)
            | Self::ExitUnreachable(_)
            | Self::ExitClosed(_)
            | Self::ExitTls(_)
            | Self::ExitCertificate(_)
            | Self::Unauthorized
            | Self::BadLogin
            | Self::BadAnswer(_) => Blame::Exit,
            Self::Refused { status: 502..=504 }
            | Self::Socks5Refused { reply: 3..=6 }
            | Self::Socks4Refused { code: 91 }
            | Self::TargetName(_)
            | Self::TargetCertificate(_)
            | Self::CertificateWanted(_)
            | Self::TargetTls(_)
            | Self::TargetUnreachable(_) => Blame::Target,
            Self::Refused { .. } | Self::Socks5Refused { .. } | Self::Socks4Refused { .. } => {
                Blame::Exit
            }
            Self::TargetForbidden(_) | Self::NameTooLong => Blame::Client,
            Self::NotHttp | Self::NoSocket(_) => Blame::Node,
        }
    }

    /// Whether another exit may do better. It may nearly always: another one has another way to
    /// the target, another policy, another resolver. It may not when the target is forbidden
    /// whatever the exit, or when this node is out of sockets.
    #[must_use]
    pub fn may_try_another(&self) -> bool {
        match self {
            Self::TargetForbidden(_) | Self::CertificateWanted(_) => false,
            Self::NoSocket(source) => {
                matches!(source.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse)
            }
            _ => true,
        }
    }

    /// The status an HTTP exit answered CONNECT with, when it did: 407 for
    /// [`DialError::Unauthorized`] is not told apart from the SOCKS ways to say so.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status } => Some(*status),
            _ => None,
        }
    }

    /// What kind of forbidden address the target is or stands for.
    #[must_use]
    pub fn forbidden(&self) -> Option<AddressClass> {
        match self {
            Self::TargetForbidden(forbidden) => Some(forbidden.class),
            _ => None,
        }
    }

    /// The error type for the `Proxy-Status` field (RFC 9209 section 2.3).
    #[must_use]
    pub fn proxy_status_error(&self) -> &'static str {
        match self {
            Self::ExitName(_) | Self::TargetName(_) => "dns_error",
            Self::ExitUnreachable(source) | Self::TargetUnreachable(source) => unreachable(source),
            Self::ExitClosed(_) => "connection_terminated",
            Self::ExitTls(_) | Self::TargetTls(_) => "tls_protocol_error",
            Self::ExitCertificate(_) | Self::TargetCertificate(_) | Self::CertificateWanted(_) => {
                "tls_certificate_error"
            }
            Self::Unauthorized | Self::BadLogin | Self::NotHttp => "proxy_configuration_error",
            Self::Refused { status } => refused(*status),
            Self::Socks5Refused { reply: 2 } => "http_request_denied",
            Self::Socks5Refused { reply: 5 } => "connection_refused",
            Self::Socks5Refused { reply: 3 | 4 | 6 } => "destination_ip_unroutable",
            Self::Socks5Refused { .. } | Self::Socks4Refused { .. } => "destination_unavailable",
            Self::BadAnswer(BadAnswer::HeadTooLarge(_)) => "http_response_header_section_size",
            Self::BadAnswer(_) => "http_protocol_error",
            Self::NameTooLong => "http_request_error",
            Self::TargetForbidden(_) => "destination_ip_prohibited",
            Self::NoSocket(_) => "proxy_internal_error",
        }
    }
}

/// The check that a certificate did not pass, for people.
fn certificate_fault(error: &rustls::Error) -> &'static str {
    let rustls::Error::InvalidCertificate(fault) = error else { return "none was presented" };
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet"
        }
        CertificateError::UnknownIssuer => "its issuer is not trusted",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name"
        }
        CertificateError::Revoked => "it has been revoked",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for servers"
        }
        CertificateError::BadSignature => "its signature is wrong",
        _ => "it is malformed",
    }
}

fn refused(status: u16) -> &'static str {
    match status {
        429 => "connection_limit_reached",
        400..=499 => "http_request_denied",
        502..=504 => "destination_unavailable",
        _ => "http_protocol_error",
    }
}

fn unreachable(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::ConnectionRefused => "connection_refused",
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            "connection_terminated"
        }
        io::ErrorKind::TimedOut => "connection_timeout",
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "destination_ip_unroutable"
        }
        _ => "destination_unavailable",
    }
}

#[cfg(test)]
mod tests;
