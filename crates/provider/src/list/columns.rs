//! CSV with a header (RFC 4180): which cell is which, and rows as they come.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};

use super::LINE_BYTES;
use super::cells::{Cells, Column};
use super::entries::Sink;
use crate::error::LineError;

/// The format of a header and rows.
pub(super) struct Rows {
    engine: csv_core::Reader,
    /// How many line feeds have been read. A row has the number of the line it ends on.
    lines: u64,
    header: Header,
    /// The cells of the row being read, one behind another, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
    text_used: usize,
    ends_used: usize,
    is_too_long: bool,
}

enum Header {
    Awaited,
    Known(Vec<Option<Column>>),
    /// It names no column for the host: no row can be read.
    Useless,
}

impl Rows {
    /// `lines`: how many lines came before.
    pub(super) fn new(delimiter: u8, lines: u64) -> Self {
        let mut builder = ReaderBuilder::new();
        // A carriage return before the line feed is trimmed with its cell.
        builder.delimiter(delimiter).terminator(Terminator::Any(b'\n')).comment(Some(b'#'));
        Self {
            engine: builder.build(),
            lines,
            header: Header::Awaited,
            // The engine wants room for one more.
            text: vec![0; LINE_BYTES + 1],
            ends: vec![0; LINE_BYTES + 1],
            text_used: 0,
            ends_used: 0,
            is_too_long: false,
        }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8], sink: &mut Sink<'_>) {
        // To the engine, no bytes are the end of the document.
        while !bytes.is_empty() && !sink.entries.is_full() {
            let (_, used) = self.step(bytes, sink);
            bytes = &bytes[used..];
        }
    }

    pub(super) fn finish(mut self, sink: &mut Sink<'_>) {
        // The last line has no line feed to be counted by.
        self.lines += 1;
        while let (false, _) = self.step(&[], sink) {}
    }

    /// Reads up to the end of a row or of the bytes. Returns whether the document has ended, and how
    /// many bytes were used.
    fn step(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> (bool, usize) {
        let text = &mut self.text[self.text_used..];
        let ends = &mut self.ends[self.ends_used..];
        let (result, used, text_used, ends_used) = self.engine.read_record(bytes, text, ends);
        self.text_used += text_used;
        self.ends_used += ends_used;
        self.is_too_long |= self.text_used > LINE_BYTES;
        self.lines += memchr::memchr_iter(b'\n', &bytes[..used]).count() as u64;
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                self.is_too_long = true;
                (self.text_used, self.ends_used) = (0, 0);
            }
            ReadRecordResult::Record => {
                self.end_row(sink);
                (self.text_used, self.ends_used, self.is_too_long) = (0, 0, false);
            }
            ReadRecordResult::End => return (true, used),
        }
        (false, used)
    }

    fn end_row(&mut self, sink: &mut Sink<'_>) {
        if let Header::Awaited = self.header {
            self.header = self.read_header();
            if let Header::Useless = self.header {
                sink.refuse(self.lines, LineError::NoHostColumn);
            }
            return;
        }
        let Header::Known(columns) = &self.header else { return };
        if self.is_too_long {
            return sink.refuse(self.lines, LineError::TooLong { limit: LINE_BYTES });
        }
        match self.cells(columns) {
            Ok(cells) => sink.cells(self.lines, &cells),
            Err(why) => sink.refuse(self.lines, why),
        }
    }

    fn read_header(&self) -> Header {
        let columns: Vec<_> =
            self.fields().map(|cell| Column::named(std::str::from_utf8(cell).ok()?)).collect();
        let is_useful = !self.is_too_long && columns.contains(&Some(Column::Host));
        if is_useful { Header::Known(columns) } else { Header::Useless }
    }

    fn cells(&self, columns: &[Option<Column>]) -> Result<Cells<'_>, LineError> {
        let mut cells = Cells::blank();
        for (index, field) in self.fields().enumerate() {
            let text = std::str::from_utf8(field).ok().ok_or(LineError::NotUtf8)?.trim();
            match columns.get(index) {
                Some(Some(column)) => cells.set(*column, Cow::Borrowed(text)),
                Some(None) => {}
                None if text.is_empty() => {}
                None => return Err(LineError::BadRow),
            }
        }
        Ok(cells)
    }

    fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let ends = &self.ends[..self.ends_used];
        let starts = std::iter::once(&0).chain(ends);
        starts.zip(ends).map(|(start, end)| self.text.get(*start..*end).unwrap_or_default())
    }
}
