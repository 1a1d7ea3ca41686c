//! What a client says at the beginning of HTTP/2 (RFC 9113), up to its first request.

mod frames;
mod hpack;
mod huffman;

use crate::{NotHttp2, Read};

/// Everything before and in the first request. Lists are in the order in which they were sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preface {
    /// The first SETTINGS: identifier and value.
    pub settings: Vec<(u16, u32)>,
    /// By how many bytes the window of the connection was widened before the first request.
    pub window_update: Option<u32>,
    /// PRIORITY frames before the first request.
    pub priorities: Vec<Priority>,
    /// The priority that came with the first request.
    pub request_priority: Option<Priority>,
    /// The names of the first request's fields, pseudo-header fields included.
    pub names: Vec<String>,
}

/// Which stream another one waits for, and how much it matters (RFC 7540 section 5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priority {
    /// The stream that is meant.
    pub stream: u32,
    /// Whether it alone depends on the other.
    pub exclusive: bool,
    /// The stream that it depends on; 0: none.
    pub depends_on: u32,
    /// 1 to 256.
    pub weight: u16,
}

/// Reads what a client has sent first; what follows the first request's fields is left alone.
///
/// # Errors
/// When it can be no beginning of HTTP/2, whatever follows: as early as that is known.
pub fn read(bytes: &[u8]) -> Result<Read<Preface>, NotHttp2> {
    frames::read(bytes)
}

impl Preface {
    /// Akamai's string: `SETTINGS|WINDOW_UPDATE|PRIORITY|pseudo-header order`, as in
    /// `1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p`. No window update is `00`, no priorities
    /// are `0`.
    #[must_use]
    pub fn akamai(&self) -> String {
        let settings = self.settings.iter().map(|(id, value)| format!("{id}:{value}"));
        let window = self.window_update.map_or_else(|| "00".to_owned(), |by| by.to_string());
        let priorities = match self.priorities.as_slice() {
            [] => "0".to_owned(),
            some => joined(some.iter().map(|one| {
                let exclusive = u8::from(one.exclusive);
                format!("{}:{exclusive}:{}:{}", one.stream, one.depends_on, one.weight)
            })),
        };
        let pseudo = self.names.iter().filter_map(|name| name.strip_prefix(':'));
        let pseudo = joined(pseudo.map(|name| name.chars().take(1).collect()));
        format!("{}|{window}|{priorities}|{pseudo}", settings.collect::<Vec<_>>().join(";"))
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
