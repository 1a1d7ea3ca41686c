//! `ReconcileError`: why a task did not do its work; `ProbeError`: why an exit did not pass.

use std::io;

use dial::DialError;
use http1::HeadError;
use model::exchange::Blame;
use store::StoreError;
use tokio::task::JoinError;

/// Why a task did not do its work this time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconcileError {
    /// The database did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
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
