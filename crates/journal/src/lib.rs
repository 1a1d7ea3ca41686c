#![doc = include_str!("../README.md")]

mod journal;
mod entry;
mod text;
mod filter;
mod ring;
mod watcher;
mod audience;
mod peers;

#[cfg(test)]
mod samples;

pub use entry::{Entry, Failed};
pub use filter::{BadFilter, Filter, Wanted};
pub use journal::{Found, Journal, Page};
pub use watcher::{Seen, Watcher};
