//! What every format hands its entries to: counts them, numbers them, and stops at the limit.

use model::proxy::ProxySpec;

use super::cells::Cells;
use super::{Defaults, LINE_BYTES, Logins, line};
use crate::error::LineError;

/// The most entries of one list, wrong ones included.
pub(super) const ENTRIES: u32 = 1_000_000;

/// An entry with the number of its line or element, from 1.
pub(super) type Numbered = (u64, Result<ProxySpec, LineError>);

/// The state that outlives one piece of input.
pub(super) struct Entries {
    defaults: Defaults,
    logins: Logins,
    limit: u32,
    taken: u32,
    is_full: bool,
}

impl Entries {
    pub(super) fn new(defaults: Defaults, limit: u32) -> Self {
        Self { defaults, logins: Logins::default(), limit, taken: 0, is_full: false }
    }

    /// Whether the limit is exceeded, so that nothing more needs to be read.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }
}

/// [`Entries`] together with the place where they go.
pub(super) struct Sink<'a> {
    pub(super) entries: &'a mut Entries,
    pub(super) out: &'a mut Vec<Numbered>,
}

impl Sink<'_> {
    /// One line, without its line feed.
    pub(super) fn line(&mut self, number: u64, bytes: &[u8]) {
        if bytes.len() > LINE_BYTES {
            return self.refuse(number, LineError::TooLong { limit: LINE_BYTES });
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(number, text),
            Err(_) => self.refuse(number, LineError::NotUtf8),
        }
    }

    /// One line form.
    pub(super) fn text(&mut self, number: u64, text: &str) {
        let parsed = line::parse(text, &self.entries.defaults, &mut self.entries.logins);
        self.push(number, parsed);
    }

    /// One row or object.
    pub(super) fn cells(&mut self, number: u64, cells: &Cells<'_>) {
        let parsed = cells.spec(&self.entries.defaults, &mut self.entries.logins);
        self.push(number, parsed);
    }

    /// An entry that cannot even be looked at.
    pub(super) fn refuse(&mut self, number: u64, why: LineError) {
        self.push(number, Err(why));
    }

    fn push(&mut self, number: u64, parsed: Result<Option<ProxySpec>, LineError>) {
        let Some(result) = parsed.transpose() else { return };
        let entries = &mut *self.entries;
        if entries.is_full {
            return;
        }
        if entries.taken == entries.limit {
            entries.is_full = true;
            self.out.push((number, Err(LineError::TooMany { limit: entries.limit })));
            return;
        }
        entries.taken += 1;
        self.out.push((number, result));
    }
}
