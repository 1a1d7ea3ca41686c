//! The fields of a head, in their order and their case.

use bytes::Bytes;

use crate::alphabet::{is_value, token_length};
use crate::error::HeadError;
use crate::head::{self, Limits, Span};

/// Field lines, as they were sent: order, case and repetitions are kept.
#[derive(Debug, Clone)]
pub struct Fields {
    bytes: Bytes,
    lines: Lines,
}

/// The places of names and values. On the heap: a head is moved more often than it is made.
pub(crate) type Lines = Vec<(Span, Span)>;

/// Lines that most heads have room for.
const USUAL: usize = 16;

impl Fields {
    pub(crate) fn new(bytes: Bytes, lines: Lines) -> Self {
        Self { bytes, lines }
    }

    /// Names as sent, which is in ASCII, values without the white space around them.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|(name, value)| (name.of(&self.bytes), value.of(&self.bytes)))
    }

    /// The first value under a name, whatever the case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.get_all(name).next()
    }

    /// All values under a name, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().filter_map(move |(found, value)| {
            let found = found.of(&self.bytes);
            found.eq_ignore_ascii_case(name.as_bytes()).then(|| value.of(&self.bytes))
        })
    }

    /// How many lines there are under a name.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.get_all(name).count()
    }

    /// Whether one of the comma-separated lists under a name has a member, whatever the case.
    #[must_use]
    pub fn list_contains(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|member| member.eq_ignore_ascii_case(token))
    }

    /// The members of `Connection`: names of fields that are meant for the next hop alone.
    pub fn connection_tokens(&self) -> impl Iterator<Item = &str> {
        self.list("connection")
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Members that are not ASCII are none that anybody asks for, and left out.
    fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get_all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(|member| head::ascii(member.trim_ascii()))
            .filter(|member| !member.is_empty())
    }
}

/// Parses field lines from `start` on, up to the empty line; where the head ends behind it.
pub(crate) fn parse(
    bytes: &[u8],
    mut start: usize,
    limits: &Limits,
) -> Result<Option<(Lines, usize)>, HeadError> {
    let mut lines = Lines::with_capacity(USUAL);
    loop {
        let Some((end, next)) = head::line(bytes, start)? else { return Ok(None) };
        if end == start {
            return Ok(Some((lines, next)));
        }
        if lines.len() == limits.fields {
            return Err(HeadError::TooLarge);
        }
        lines.push(field(bytes, start, end)?);
        start = next;
    }
}

/// `name: value`, with neither white space before the colon nor a fold.
fn field(bytes: &[u8], start: usize, end: usize) -> Result<(Span, Span), HeadError> {
    let line = &bytes[start..end];
    let colon = token_length(line);
    if colon == 0 || line.get(colon) != Some(&b':') {
        return Err(HeadError::FieldLine);
    }
    let value = &line[colon + 1..];
    if !is_value(value) {
        return Err(HeadError::FieldValue);
    }
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let leading = value.iter().take_while(|byte| blank(byte)).count();
    let trailing = value[leading..].iter().rev().take_while(|byte| blank(byte)).count();
    let value_start = start + colon + 1 + leading;
    Ok((Span::new(start, start + colon), Span::new(value_start, end - trailing)))
}
