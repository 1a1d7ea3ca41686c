//! `RelayError`: everything that can end a request, and whose fault it is.

use std::io;
use std::time::Duration;

use dial::DialError;
use model::exchange::Blame;
use rotation::Unavailable;

/// Why a request was not carried.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    #[error("the head of the request is malformed")]
    Head(#[from] http1::HeadError),
    #[error("the framing of the request is malformed")]
    Framing(#[from] http1::FramingError),
    #[error("the body of the request is malformed")]
    Body(#[from] http1::BodyError),
    #[error("the request cannot be understood: {0}")]
    BadRequest(&'static str),
    #[error("the target cannot be used: {0}")]
    BadTarget(#[from] model::target::BadTarget),
    #[error("a parameter cannot be used: {0}")]
    BadParameter(String),
    #[error("the login is missing or wrong")]
    Unauthenticated,
    #[error("too many wrong logins from this address")]
    LoginThrottled { retry_after: Duration },
    #[error("the project has as many requests under way as it may")]
    Busy,
    #[error("this node is short of memory")]
    Overloaded,
    #[error("the target is forbidden: {0}")]
    Forbidden(&'static str),
    #[error("the project blocks this")]
    Blocked,
    #[error("the target is forbidden")]
    ForbiddenAddress { source: dial::Forbidden },
    #[error("the request is for somebody else than the tunnel it came out of")]
    Misdirected,
    #[error("the method is not relayed")]
    MethodRefused,
    #[error("the expectation cannot be met")]
    ExpectationRefused,
    #[error("the request came too slowly")]
    TooSlow,
    #[error("the request ended in its middle")]
    Truncated,
    #[error("the client went away")]
    ClientGone { source: io::Error },
    #[error("this node has no browser identities, which the project wants targets to meet")]
    NoDisguise,
    #[error("no exit can carry the request")]
    Unavailable(#[from] Unavailable),
    #[error("every attempt failed, the last one at the exit")]
    Exhausted { attempts: u8, last: Box<AttemptError> },
    #[error("the attempts ran out of time")]
    OutOfTime { attempts: u8, blame: Blame },
}

/// Why one attempt through one exit failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    #[error("the exit could not be used")]
    Dial(#[from] DialError),
    #[error("the certificates of the connector cannot be used")]
    Trust(#[from] dial::TrustError),
    #[error("the exit did not answer in time")]
    Silent,
    #[error("the exit closed the connection before it answered")]
    Closed,
    #[error("the connection to the exit broke")]
    Broken { source: io::Error },
    #[error("HTTP/2 could not be spoken")]
    Http2 { source: h2::Error },
    #[error("the answer is malformed")]
    Garbage { source: Box<dyn std::error::Error + Send + Sync> },
    #[error("the exit refused our login")]
    Unauthorized,
    #[error("the target wants a certificate of the client: the next tunnel there is left alone")]
    CertificateWanted,
    #[error("{}", no_browser(*.check))]
    Disguise {
        /// What is wrong with the target's certificate, where it is that.
        check: Option<&'static str>,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the exit opened the way, but the target gave no answer that can be used")]
    Target { source: Box<AttemptError> },
    #[error("the client went away while its body was being sent")]
    Client { source: io::Error },
    #[error("the request was sent, and must not be sent twice")]
    Sent { source: Box<AttemptError> },
    #[error("the client stopped in the middle of its body")]
    Stalled,
    #[error("the body of the request is malformed")]
    Body(#[source] http1::BodyError),
}

fn no_browser(check: Option<&str>) -> String {
    match check {
        Some(check) => format!("the target's certificate was not accepted: {check}"),
        None => "the target could not be spoken to as a browser".to_owned(),
    }
}

// === impl RelayError ===

impl RelayError {
    /// Whose fault it is.
    pub(crate) fn blame(&self) -> Blame {
        match self {
            Self::Unavailable(_) | Self::Overloaded | Self::NoDisguise => Blame::Node,
            Self::Exhausted { last, .. } => last.blame(),
            Self::OutOfTime { blame, .. } => *blame,
            _ => Blame::Client,
        }
    }

    /// The client has taken its request back.
    pub(crate) fn gone() -> Self {
        Self::ClientGone { source: io::ErrorKind::ConnectionReset.into() }
    }

    /// How many exits were tried.
    pub(crate) fn attempts(&self) -> u8 {
        match self {
            Self::Exhausted { attempts, .. } | Self::OutOfTime { attempts, .. } => *attempts,
            _ => 0,
        }
    }
}

// === impl AttemptError ===

impl AttemptError {
    pub(crate) fn blame(&self) -> Blame {
        match self {
            Self::Dial(error) => error.blame(),
            Self::Client { .. } | Self::Stalled | Self::Body(_) => Blame::Client,
            Self::Target { .. } | Self::CertificateWanted | Self::Disguise { .. } => Blame::Target,
            Self::Sent { source } => source.blame(),
            Self::Trust(_) => Blame::Node,
            _ => Blame::Exit,
        }
    }

    /// Whether nothing was wrong but that no answer came in time.
    pub(crate) fn is_silence(&self) -> bool {
        match self {
            Self::Silent => true,
            Self::Target { source } | Self::Sent { source } => source.is_silence(),
            _ => false,
        }
    }

    /// Whether the other side broke off before it answered.
    pub(crate) fn is_break(&self) -> bool {
        matches!(self, Self::Broken { .. } | Self::Closed)
    }

    /// Whether another exit may do better.
    pub(crate) fn may_try_another(&self) -> bool {
        match self {
            Self::Dial(error) => error.may_try_another(),
            Self::Client { .. }
            | Self::Stalled
            | Self::Body(_)
            | Self::Sent { .. }
            | Self::CertificateWanted => false,
            _ => true,
        }
    }
}
