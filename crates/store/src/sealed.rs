//! Rows as compressed, sealed bytes: how they travel between nodes, and lie on the disk of one.
//!
//! Layout: four bytes of format, then 16 bytes by which the key is known, then what the vault sealed: lines
//! of JSON, deflated. The last line says that there are no more.

pub mod configuration;
pub mod usage;
pub(crate) mod people;
pub mod records;
pub mod spent;

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use model::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::vault::Vault;

type Result<T> = std::result::Result<T, StoreError>;

/// What sealed rows begin with; the digit is the version of the layout.
const FORMAT: &[u8; 4] = b"OXR1";
const KEY_MARK: usize = 16;
/// Bytes of a line at most: a noun whose lists fill a request of the API has a quarter of that.
const LONGEST_LINE: u64 = 16 << 20;
/// Bytes of all lines at most.
const MOST: u64 = 8 << 30;

/// What nodes of an installation show each other: whoever has the secret key can derive it.
#[must_use]
pub fn node_token(vault: &Vault) -> Secret {
    let key = Zeroizing::new(vault.derive("calls between nodes"));
    let mut text = String::with_capacity(2 * key.len());
    for byte in key.iter() {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
    }
    Secret::from(text)
}

/// A vault of its own, so that nothing that was sealed for a column opens here, nor the reverse.
fn vault_of_rows(vault: &Vault) -> Vault {
    Vault::new(vault.derive("sealed rows"))
}

fn key_mark(vault: &Vault) -> Vec<u8> {
    vault.fingerprint(&["sealed rows"])
}

fn context(about: &str) -> String {
    format!("{}:{about}", String::from_utf8_lossy(FORMAT))
}

fn corrupt(why: impl std::fmt::Display) -> StoreError {
    StoreError::corrupt("sealed copy", why)
}

/// Lines on their way in. They are compressed at once: few of them are in memory as they are.
struct Lines(DeflateEncoder<Vec<u8>>);

impl Lines {
    fn new() -> Self {
        Self(DeflateEncoder::new(Vec::new(), Compression::fast()))
    }

    fn push(&mut self, line: &impl Serialize) -> Result<()> {
        let text = serde_json::to_vec(line).map_err(|error| corrupt(place(&error)))?;
        let mut text = Zeroizing::new(text);
        text.push(b'\n');
        self.0.write_all(&text).map_err(corrupt)
    }

    fn seal(self, vault: &Vault, about: &str) -> Result<Vec<u8>> {
        let vault = vault_of_rows(vault);
        let packed = Zeroizing::new(self.0.finish().map_err(corrupt)?);
        let mut out = FORMAT.to_vec();
        out.extend(key_mark(&vault));
        out.extend(vault.seal(&context(about), &packed)?);
        Ok(out)
    }
}

/// Opens what was sealed about the same, and hands over line after line.
fn each_line<T: DeserializeOwned>(
    vault: &Vault,
    about: &str,
    sealed: &[u8],
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let vault = vault_of_rows(vault);
    let rest = sealed.strip_prefix(FORMAT);
    let rest = rest.ok_or_else(|| corrupt("it has another format: another version wrote it"))?;
    let (mark, rest) = rest.split_at_checked(KEY_MARK).ok_or_else(|| corrupt("it is too short"))?;
    if mark != key_mark(&vault) {
        return Err(StoreError::SealedElsewhere);
    }
    let packed = vault.open_bytes(&context(about), rest)?;
    let mut lines = BufReader::new(DeflateDecoder::new(&packed[..]).take(MOST));
    let mut line = Zeroizing::new(Vec::new());
    while read_line(&mut lines, &mut line).map_err(corrupt)? > 0 {
        take(serde_json::from_slice(&line).map_err(|error| corrupt(place(&error)))?)?;
    }
    Ok(())
}

fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    line.clear();
    lines.take(LONGEST_LINE).read_until(b'\n', line)
}

/// serde's messages may quote the value: say where, not what.
fn place(error: &serde_json::Error) -> String {
    format!("a line of it cannot be read at column {}", error.column())
}

#[cfg(test)]
mod tests;
