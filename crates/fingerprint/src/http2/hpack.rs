//! The names of the fields in the first header block of a connection (RFC 7541).
//!
//! Values may be secrets: they are measured, because that says what the table still holds, and not
//! kept.

use super::huffman;
use crate::cursor::Cursor;

/// What a table may hold until the other side says otherwise, and so for a first block.
const TABLE: usize = 4096;
/// What an entry counts for besides its name and value.
const OVERHEAD: usize = 32;
/// A header block never has more fields than this: the rest is a bomb of indices.
const MOST: usize = 1024;

/// Appendix A, names only: row 1 first. What repeats differs in its value.
const STATIC: [(&str, usize); 52] = [
    (":authority", 1),
    (":method", 2),
    (":path", 2),
    (":scheme", 2),
    (":status", 7),
    ("accept-charset", 1),
    ("accept-encoding", 1),
    ("accept-language", 1),
    ("accept-ranges", 1),
    ("accept", 1),
    ("access-control-allow-origin", 1),
    ("age", 1),
    ("allow", 1),
    ("authorization", 1),
    ("cache-control", 1),
    ("content-disposition", 1),
    ("content-encoding", 1),
    ("content-language", 1),
    ("content-length", 1),
    ("content-location", 1),
    ("content-range", 1),
    ("content-type", 1),
    ("cookie", 1),
    ("date", 1),
    ("etag", 1),
    ("expect", 1),
    ("expires", 1),
    ("from", 1),
    ("host", 1),
    ("if-match", 1),
    ("if-modified-since", 1),
    ("if-none-match", 1),
    ("if-range", 1),
    ("if-unmodified-since", 1),
    ("last-modified", 1),
    ("link", 1),
    ("location", 1),
    ("max-forwards", 1),
    ("proxy-authenticate", 1),
    ("proxy-authorization", 1),
    ("range", 1),
    ("referer", 1),
    ("refresh", 1),
    ("retry-after", 1),
    ("server", 1),
    ("set-cookie", 1),
    ("strict-transport-security", 1),
    ("transfer-encoding", 1),
    ("user-agent", 1),
    ("vary", 1),
    ("via", 1),
    ("www-authenticate", 1),
];
const STATIC_ROWS: usize = 61;

/// `None`: not HPACK, or more fields than anybody sends.
pub(super) fn names(block: &[u8]) -> Option<Vec<String>> {
    let mut rest = Cursor(block);
    let mut table = Table { capacity: TABLE, entries: Vec::new() };
    let mut names = Vec::new();
    while let Some(&first) = rest.0.first() {
        if names.len() == MOST {
            return None;
        }
        if first & 0x80 != 0 {
            names.push(table.name(integer(&mut rest, 7)?)?);
        } else if first & 0xc0 == 0x40 {
            let (name, value) = literal(&mut rest, 6, &table)?;
            table.insert(&name, value);
            names.push(name);
        } else if first & 0xe0 == 0x20 {
            table.resize(integer(&mut rest, 5)?).filter(|()| names.is_empty())?;
        } else {
            names.push(literal(&mut rest, 4, &table)?.0);
        }
    }
    Some(names)
}

/// A name and the length of its value.
fn literal(rest: &mut Cursor, prefix: u8, table: &Table) -> Option<(String, usize)> {
    let name = match integer(rest, prefix)? {
        0 => String::from_utf8(text(rest)?).ok()?,
        index => table.name(index)?,
    };
    Some((name, text(rest)?.len()))
}

fn text(rest: &mut Cursor) -> Option<Vec<u8>> {
    let is_huffman = rest.0.first()? & 0x80 != 0;
    let length = integer(rest, 7)?;
    let bytes = rest.take(length)?;
    if is_huffman { huffman::decode(bytes) } else { Some(bytes.to_vec()) }
}

/// Section 5.1; numbers beyond 2^28 mean nothing in a block of this size.
fn integer(rest: &mut Cursor, prefix: u8) -> Option<usize> {
    let most = (1_u8 << prefix) - 1;
    let first = rest.u8()? & most;
    let mut value = usize::from(first);
    if first < most {
        return Some(value);
    }
    for shift in [0, 7, 14, 21] {
        let byte = rest.u8()?;
        value += usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The names that the block itself has put into the dynamic table, newest last.
struct Table {
    capacity: usize,
    /// A name and what its entry counts for.
    entries: Vec<(String, usize)>,
}

impl Table {
    fn name(&self, index: usize) -> Option<String> {
        let Some(back) = index.checked_sub(STATIC_ROWS + 1) else { return static_name(index) };
        let at = self.entries.len().checked_sub(back + 1)?;
        Some(self.entries.get(at)?.0.clone())
    }

    fn insert(&mut self, name: &str, value: usize) {
        self.entries.push((name.to_owned(), name.len() + value + OVERHEAD));
        self.evict();
    }

    fn resize(&mut self, capacity: usize) -> Option<()> {
        self.capacity = Some(capacity).filter(|capacity| *capacity <= TABLE)?;
        self.evict();
        Some(())
    }

    fn evict(&mut self) {
        let mut room = self.capacity;
        let fits = |(_, size): &&(String, usize)| {
            room.checked_sub(*size).map(|left| room = left).is_some()
        };
        let kept = self.entries.iter().rev().take_while(fits).count();
        self.entries.drain(..self.entries.len() - kept);
    }
}

fn static_name(index: usize) -> Option<String> {
    let mut rows = STATIC.iter().flat_map(|(name, rows)| std::iter::repeat_n(*name, *rows));
    rows.nth(index.checked_sub(1)?).map(str::to_owned)
}
