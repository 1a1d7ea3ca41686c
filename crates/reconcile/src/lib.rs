#![doc = include_str!("../README.md")]

mod settings;
mod task;
mod office;
mod activator;
mod driver;
mod status;
mod homes;
mod source;
mod copy;
mod receivers;
mod tasks;
mod error;

pub use activator::Activator;
pub use driver::{Driver, Handle};
pub use error::Unanswered;
pub use receivers::{Reach, Receivers, Sent};
pub use settings::Settings;
pub use source::{Origin, Peers, Provenance};
pub use status::{Status, Statuses};
pub use tasks::{NotPassed, Parts, Passed, Probed, probers};
