//! Cuts plain text into lines, wherever the pieces it comes in begin and end.

use super::LINE_BYTES;
use super::entries::Sink;

/// The format of one proxy a line.
pub(super) struct Lines {
    number: u64,
    /// The beginning of a line whose end has not come; one byte over the limit says that it is too
    /// long, and then the rest of it is not kept.
    held: Vec<u8>,
}

impl Lines {
    /// `number`: how many lines came before.
    pub(super) fn new(number: u64) -> Self {
        Self { number, held: Vec::new() }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8], sink: &mut Sink<'_>) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.number += 1;
            if self.held.is_empty() {
                sink.line(self.number, &bytes[..end]);
            } else {
                self.hold(&bytes[..end]);
                sink.line(self.number, &self.held);
                self.held.clear();
            }
            bytes = &bytes[end + 1..];
            if sink.entries.is_full() {
                return;
            }
        }
        self.hold(bytes);
    }

    pub(super) fn finish(self, sink: &mut Sink<'_>) {
        if !self.held.is_empty() {
            sink.line(self.number + 1, &self.held);
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        let room = (LINE_BYTES + 1).saturating_sub(self.held.len());
        self.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}
