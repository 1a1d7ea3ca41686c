#![doc = include_str!("../README.md")]

mod record;
mod message;
mod content;
mod redact;
mod filter;
mod recorder;
pub mod har;
mod error;

#[cfg(test)]
mod canaries;
#[cfg(test)]
mod anything;

pub use content::{Content, Prefix, Withheld};
pub use error::{BadFilter, Refused};
pub use filter::{Filter, HostFilter, StatusFilter};
pub use message::{FieldLine, Request, Response, Scheme};
pub use record::{Attempt, Fingerprints, Outcome, Protocols, Record, Timings};
pub use recorder::watch::{Seen, Watcher};
pub use recorder::{Limits, Recorder};
pub use redact::REDACTED;
