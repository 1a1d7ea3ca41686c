//! `ReconcileError`: why a task did not do its work; `ProbeError`: why an exit did not pass.

use std::io;
use std::num::TryFromIntError;

use dial::{DialError, TrustError};
use http1::{BodyError, FramingError, HeadError};
use model::exchange::Blame;
use store::StoreError;
use tokio::task::JoinError;
use tokio::time::error::Elapsed;

/// Why a task did not do its work this time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconcileError {
    /// The database did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The control nodes did not do theirs.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The next roster did not come about.
    #[error("the roster could not be built")]
    Build(#[source] JoinError),
    /// A defect: the place is in the log.
    #[error("the task panicked")]
    Panicked,
    /// The node ended before the database took the last usage.
    #[error("the last usage was not taken in time and is lost: {rows} rows")]
    UsageLost {
        /// How much of it.
        rows: usize,
    },
}

/// Why a control node gave or took nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    #[error("no control node is known")]
    Nobody,
    #[error("the control node cannot be reached")]
    Dial(#[source] DialError),
    #[error("no certificate of a control node can be verified")]
    Trust(#[source] TrustError),
    #[error("the control node did not answer in time")]
    Slow(#[source] Elapsed),
    #[error("the connection to the control node broke off")]
    Broken(#[from] io::Error),
    #[error("the answer of the control node was not understood")]
    BadHead(#[from] HeadError),
    #[error("the answer of the control node has no clear end")]
    BadFraming(#[from] FramingError),
    #[error("the answer of the control node broke off")]
    BadBody(#[from] BodyError),
    #[error("the answer of the control node is too large")]
    TooLarge,
    #[error("the control node refuses this node: the secret key is not that of the installation")]
    OtherKey,
    #[error("the control node answered with the status {status}")]
    BadStatus { status: u16 },
    #[error("the control node answered what it was not asked")]
    NotAsked,
    #[error("what the control node is told or tells does not open")]
    Sealed(#[from] StoreError),
}

/// Another node was asked, and gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("another node did not answer")]
pub struct Unanswered(#[source] pub(crate) ControlError);

/// Why the copy on the disk was not written or cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    #[error("its file cannot be read or written")]
    File(#[from] io::Error),
    #[error("it is not whole")]
    Torn,
    #[error("what is on the disk is not what the change is a change of")]
    Behind,
    #[error("it is too large")]
    TooLarge(#[source] TryFromIntError),
    #[error("it cannot be sealed or opened")]
    Sealed(#[from] StoreError),
}

/// Why an exit did not pass a probe.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    #[error("the exit did not let the probe through")]
    Dial(#[from] DialError),
    #[error("the exit did not answer in time")]
    Silent,
    #[error("the connection broke off")]
    Broken(#[from] io::Error),
    #[error("the answer was not understood")]
    BadAnswer(#[from] HeadError),
    #[error("the answer had the status {status}")]
    BadStatus { status: u16 },
}

/// What a failed probe says about its exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    /// Nothing: the fault is ours.
    Nothing,
    /// That it does not work, unless it is our own network or the target of the probe that does not.
    Perhaps,
    /// That it does not work: it has answered, and refused by its own word.
    Surely,
}

// === impl ProbeError ===

impl ProbeError {
    pub(crate) fn failing(&self) -> Failing {
        match self {
            Self::Dial(
                DialError::Unauthorized
                | DialError::BadLogin
                | DialError::ExitCertificate(_)
                | DialError::BadAnswer(_),
            )
            | Self::BadAnswer(_)
            | Self::BadStatus { status: 407 } => Failing::Surely,
            Self::Dial(error) => match error.blame() {
                Blame::Node | Blame::Client => Failing::Nothing,
                Blame::Exit | Blame::Target => Failing::Perhaps,
            },
            Self::Silent | Self::Broken(_) | Self::BadStatus { .. } => Failing::Perhaps,
        }
    }
}

impl ProbeError {
    /// The error type that a proxy would name (RFC 9209 section 2.3).
    pub(crate) fn proxy_status_error(&self) -> &'static str {
        match self {
            Self::Dial(error) => error.proxy_status_error(),
            Self::Silent => "http_response_timeout",
            Self::Broken(_) => "connection_terminated",
            Self::BadStatus { status: 407 } => "proxy_configuration_error",
            Self::BadStatus { status: 429 } => "connection_limit_reached",
            Self::BadStatus { status: 400..=499 } => "http_request_denied",
            Self::BadStatus { status: 502..=504 } => "destination_unavailable",
            Self::BadAnswer(_) | Self::BadStatus { .. } => "http_protocol_error",
        }
    }
}

/// An error with all its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}
