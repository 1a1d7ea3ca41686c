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
mod tasks;
mod error;

pub use activator::Activator;
pub use driver::{Driver, Handle};
pub use settings::Settings;
pub use source::{Origin, Provenance};
pub use status::{Status, Statuses};
pub use tasks::{Parts, probers};
