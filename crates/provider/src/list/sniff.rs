//! Finds out the format of a list by its first line.

use model::words;

use super::cells::Column;

words! {
    /// How a list is written.
    pub enum Format {
        /// One proxy a line.
        Lines = "lines",
        /// A header and rows, separated by commas, semicolons or tabs.
        Csv = "csv",
        /// An array of objects or strings, or NDJSON.
        Json = "json",
    }
}

/// The format of a list that begins with this line, which may have been cut off.
pub(super) fn format(line: &[u8]) -> Format {
    match line.trim_ascii_start() {
        [b'{', ..] => Format::Json,
        // `[2001:db8::1]:3128` is a line.
        [b'[', rest @ ..] if !is_address(rest) => Format::Json,
        _ if is_header(line) => Format::Csv,
        [b'"', ..] => Format::Json,
        _ => Format::Lines,
    }
}

/// The one of the three that the header has most of.
pub(super) fn delimiter(line: &[u8]) -> u8 {
    let count = |byte: u8| memchr::memchr_iter(byte, line).count();
    // Of equals the last wins: a header without any has a comma.
    [b'\t', b';', b','].into_iter().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

fn is_address(rest: &[u8]) -> bool {
    matches!(rest, [first, ..] if first.is_ascii_hexdigit() || *first == b':')
}

/// Whether the cells are names, the host's among them, and no proxy such as `proxy;8080`.
fn is_header(line: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let delimiter = char::from(delimiter(line));
    let mut columns = Vec::new();
    for cell in text.split(delimiter).map(|cell| cell.trim().trim_matches('"')) {
        if !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        columns.push(Column::named(cell));
    }
    let known = columns.iter().flatten().count();
    columns.contains(&Some(Column::Host)) && (known > 1 || columns.len() == 1)
}
