//! A list of proxies that someone typed or uploaded, in every way people write one.

mod line;
mod login;
mod cells;
mod entries;
mod lines;
mod columns;
mod json;
mod sniff;
mod reader;

use std::sync::Arc;

use compact_str::CompactString;
use model::Place;
use model::proxy::{Login, Protocol, ProxySpec};

use self::login::Logins;
pub use self::reader::Reader;
pub use self::sniff::Format;
pub use crate::error::LineError;

/// The longest line and the longest CSV record, in bytes.
pub const LINE_BYTES: usize = 4096;

/// What holds for an entry that does not say otherwise.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// How proxies are spoken to: `http`, unless set.
    pub protocol: Protocol,
    /// How to log in to them.
    pub login: Option<Arc<Login>>,
    /// Labels that every proxy gets, besides its own.
    pub tags: Vec<CompactString>,
    /// Where they are.
    pub place: Place,
    /// Whether they are switched on: yes, unless set.
    pub enabled: bool,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            protocol: Protocol::Http,
            login: None,
            tags: Vec::new(),
            place: Place::default(),
            enabled: true,
        }
    }
}

/// Reads one line; the forms are listed in the crate's README. `None` for a blank line or a `#`
/// comment.
///
/// # Errors
/// What is wrong with the line; the error holds no part of it.
pub fn parse_line(line: &str, defaults: &Defaults) -> Result<Option<ProxySpec>, LineError> {
    line::parse(line, defaults, &mut Logins::default())
}
