//! `Reader`: takes a list in pieces of any size, and gives back its entries.

use model::proxy::ProxySpec;

use super::columns::Rows;
use super::entries::{ENTRIES, Entries, Sink};
use super::json::Elements;
use super::lines::Lines;
use super::sniff::{self, Format};
use super::{Defaults, LINE_BYTES};
use crate::error::LineError;

/// A parser that is fed a list as it arrives. How the list is cut into pieces makes no difference,
/// and beyond one entry nothing of it is kept.
///
/// Entries are numbered from 1: by line for `lines`, by the line they end on for `csv`, by element
/// for `json`. After 1,000,000 of them, wrong ones included, comes one [`LineError::TooMany`] and
/// nothing more. Consecutive entries with equal logins share one.
pub struct Reader {
    entries: Entries,
    stage: Stage,
}

enum Stage {
    Head(Head),
    Body(Body),
}

/// The list up to its first line that is neither blank nor a comment.
struct Head {
    format: Option<Format>,
    /// How many lines are behind us.
    lines: u64,
    held: Vec<u8>,
}

enum Body {
    Lines(Lines),
    Rows(Box<Rows>),
    Elements(Elements),
}

impl Reader {
    /// A reader of lists in this format; without one, the first line decides.
    #[must_use]
    pub fn new(format: Option<Format>, defaults: Defaults) -> Self {
        Self::limited(format, defaults, ENTRIES)
    }

    fn limited(format: Option<Format>, defaults: Defaults, limit: u32) -> Self {
        let head = Head { format, lines: 0, held: Vec::new() };
        Self { entries: Entries::new(defaults, limit), stage: Stage::Head(head) }
    }

    /// Reads the next piece; the entries that end in it are pushed to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<(u64, Result<ProxySpec, LineError>)>) {
        let mut rest = bytes;
        let mut sink = Sink { entries: &mut self.entries, out };
        if let Stage::Head(head) = &mut self.stage {
            let Some(after) = head.take(bytes) else { return };
            self.stage = Stage::Body(head.begin(&mut sink));
            rest = after;
        }
        if let Stage::Body(body) = &mut self.stage {
            body.feed(rest, &mut sink);
        }
    }

    /// The list ends here; what has not ended by itself is pushed to `out`.
    pub fn finish(mut self, out: &mut Vec<(u64, Result<ProxySpec, LineError>)>) {
        let mut sink = Sink { entries: &mut self.entries, out };
        match self.stage {
            Stage::Head(head) if head.is_idle() => {}
            Stage::Head(mut head) => head.begin(&mut sink).finish(&mut sink),
            Stage::Body(body) => body.finish(&mut sink),
        }
    }
}

impl Head {
    /// Holds bytes until the format can be told, which is at a line's end or when it gets too long.
    /// Returns what follows the bytes that are held.
    fn take<'a>(&mut self, mut bytes: &'a [u8]) -> Option<&'a [u8]> {
        loop {
            let piece = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
            let piece = piece.min(LINE_BYTES + 1 - self.held.len());
            self.held.extend_from_slice(&bytes[..piece]);
            bytes = &bytes[piece..];
            if self.held.len() > LINE_BYTES {
                return Some(bytes);
            }
            if self.held.last() != Some(&b'\n') {
                return None;
            }
            if !self.is_idle() {
                return Some(bytes);
            }
            self.lines += 1;
            self.held.clear();
        }
    }

    /// What is held, without the byte order mark that some editors put before the first line.
    fn line(&self) -> &[u8] {
        match self.held.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if self.lines == 0 => rest,
            _ => &self.held,
        }
    }

    /// Whether there is nothing in the line to tell a format by.
    fn is_idle(&self) -> bool {
        matches!(self.line().trim_ascii(), [] | [b'#', ..])
    }

    fn begin(&mut self, sink: &mut Sink<'_>) -> Body {
        let line = self.line();
        let mut body = match self.format.unwrap_or_else(|| sniff::format(line)) {
            Format::Lines => Body::Lines(Lines::new(self.lines)),
            Format::Csv => Body::Rows(Box::new(Rows::new(sniff::delimiter(line), self.lines))),
            Format::Json => Body::Elements(Elements::new()),
        };
        body.feed(line, sink);
        body
    }
}

impl Body {
    fn feed(&mut self, bytes: &[u8], sink: &mut Sink<'_>) {
        if sink.entries.is_full() {
            return;
        }
        match self {
            Self::Lines(lines) => lines.feed(bytes, sink),
            Self::Rows(rows) => rows.feed(bytes, sink),
            Self::Elements(elements) => elements.feed(bytes, sink),
        }
    }

    fn finish(self, sink: &mut Sink<'_>) {
        match self {
            Self::Lines(lines) => lines.finish(sink),
            Self::Rows(rows) => rows.finish(sink),
            Self::Elements(elements) => elements.finish(sink),
        }
    }
}

#[cfg(test)]
mod tests;
