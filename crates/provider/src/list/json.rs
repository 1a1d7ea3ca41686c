//! JSON (RFC 8259): cuts an array or a sequence into elements, and reads each on its own.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::cells::{Cells, Column};
use super::entries::Sink;
use crate::error::LineError;

/// The longest element, in bytes.
pub(super) const ELEMENT_BYTES: usize = 16 * 1024;

/// The format of an array of elements, or of elements one after another.
pub(super) struct Elements {
    number: u64,
    around: Around,
    open: Open,
    /// The element being read; one byte over the limit says that it is too long.
    held: Vec<u8>,
}

/// Where the elements stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Unknown,
    Array,
    Sequence,
    /// Behind the array, where nothing may be.
    Behind,
    /// Something was, and has been reported.
    Over,
}

/// What is being read.
#[derive(Clone, Copy)]
enum Open {
    /// White space and commas between elements.
    Nothing,
    /// An object or array with all in it, or a string.
    Nested { depth: usize, quote: Quote },
    /// A number, a literal, or what is no JSON at all.
    Bare,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Outside,
    Inside,
    Escaped,
}

impl Elements {
    pub(super) fn new() -> Self {
        Self { number: 0, around: Around::Unknown, open: Open::Nothing, held: Vec::new() }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8], sink: &mut Sink<'_>) {
        while let Some((first, rest)) = bytes.split_first()
            && self.around != Around::Over
            && !sink.entries.is_full()
        {
            if let Open::Nothing = self.open {
                self.between(*first, sink);
                bytes = rest;
            } else {
                bytes = &bytes[self.within(bytes, sink)..];
            }
        }
    }

    pub(super) fn finish(mut self, sink: &mut Sink<'_>) {
        match self.open {
            Open::Nothing => {}
            Open::Bare => self.end_element(sink),
            Open::Nested { .. } => {
                self.number += 1;
                return self.refuse("the document ends within an element", sink);
            }
        }
        if self.around == Around::Array {
            self.number += 1;
            self.refuse("the document ends before its array does", sink);
        }
    }

    /// One byte between elements, which may begin one.
    fn between(&mut self, byte: u8, sink: &mut Sink<'_>) {
        match (byte, self.around) {
            (b' ' | b'\t' | b'\r' | b'\n', _) | (b',', Around::Array | Around::Sequence) => {}
            (_, Around::Behind) => {
                self.around = Around::Over;
                self.number += 1;
                self.refuse("something follows the array", sink);
            }
            (b'[', Around::Unknown) => self.around = Around::Array,
            (b']', Around::Array) => self.around = Around::Behind,
            _ => self.begin_element(byte),
        }
    }

    fn begin_element(&mut self, byte: u8) {
        if self.around == Around::Unknown {
            self.around = Around::Sequence;
        }
        self.held.push(byte);
        self.open = match byte {
            b'{' | b'[' => Open::Nested { depth: 1, quote: Quote::Outside },
            b'"' => Open::Nested { depth: 0, quote: Quote::Inside },
            _ => Open::Bare,
        };
    }

    /// Goes on with the element up to its end or that of the bytes; returns how many were used.
    fn within(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> usize {
        let end = match self.open {
            Open::Nested { depth, quote } => self.nested_end(bytes, depth, quote),
            _ => bytes.iter().position(|byte| b",]} \t\r\n".contains(byte)),
        };
        let used = end.unwrap_or(bytes.len());
        let room = (ELEMENT_BYTES + 1).saturating_sub(self.held.len());
        self.held.extend_from_slice(&bytes[..used.min(room)]);
        if end.is_some() {
            self.end_element(sink);
        }
        used
    }

    /// How many bytes belong to the element, if its end is among them.
    fn nested_end(&mut self, bytes: &[u8], mut depth: usize, mut quote: Quote) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            (depth, quote) = match (quote, byte) {
                (Quote::Inside, b'\\') => (depth, Quote::Escaped),
                (Quote::Inside, b'"') => (depth, Quote::Outside),
                (Quote::Escaped, _) | (Quote::Outside, b'"') => (depth, Quote::Inside),
                (Quote::Outside, b'{' | b'[') => (depth + 1, quote),
                (Quote::Outside, b'}' | b']') => (depth.saturating_sub(1), quote),
                _ => continue,
            };
            if depth == 0 && quote == Quote::Outside {
                return Some(index + 1);
            }
        }
        self.open = Open::Nested { depth, quote };
        None
    }

    fn end_element(&mut self, sink: &mut Sink<'_>) {
        self.open = Open::Nothing;
        self.number += 1;
        if self.held.len() > ELEMENT_BYTES {
            sink.refuse(self.number, LineError::TooLong { limit: ELEMENT_BYTES });
        } else {
            match serde_json::from_slice::<Value>(&self.held) {
                Ok(value) => self.element(&value, sink),
                // The cause may quote the document.
                Err(_) => self.refuse("the element is not valid JSON", sink),
            }
        }
        self.held.clear();
    }

    fn element(&self, value: &Value, sink: &mut Sink<'_>) {
        match value {
            Value::String(text) => sink.text(self.number, text),
            Value::Object(object) => match cells(object) {
                Ok(cells) => sink.cells(self.number, &cells),
                Err(why) => sink.refuse(self.number, why),
            },
            _ => self.refuse("the element is neither an object nor a string", sink),
        }
    }

    fn refuse(&self, why: &'static str, sink: &mut Sink<'_>) {
        sink.refuse(self.number, LineError::BadJson { why });
    }
}

fn cells(object: &Map<String, Value>) -> Result<Cells<'_>, LineError> {
    let mut cells = Cells::blank();
    for (name, value) in object {
        let Some(column) = Column::named(name) else { continue };
        let text = match value {
            Value::Null => continue,
            Value::String(text) => Cow::Borrowed(text.as_str()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            Value::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Value::Array(tags) if column == Column::Tags => Cow::Owned(joined(tags)?),
            _ => return Err(LineError::BadColumn { column: column.as_str() }),
        };
        cells.set(column, text);
    }
    Ok(cells)
}

fn joined(tags: &[Value]) -> Result<String, LineError> {
    let refused = LineError::BadColumn { column: Column::Tags.as_str() };
    let words: Option<Vec<&str>> = tags.iter().map(Value::as_str).collect();
    Ok(words.ok_or(refused)?.join("|"))
}
