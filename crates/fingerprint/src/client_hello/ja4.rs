//! JA4 as `FoxIO` published it: counts, then hashes of what is sorted, so that a browser which
//! shuffles its extensions keeps one fingerprint.

use sha2::{Digest, Sha256};

use super::ClientHello;
use crate::grease;
use crate::hex::hex;

const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;

pub(super) fn hashed(hello: &ClientHello) -> String {
    let [ciphers, extensions] = lists(hello).map(|list| short_hash(&list));
    format!("{}_{ciphers}_{extensions}", counts(hello))
}

pub(super) fn raw(hello: &ClientHello) -> String {
    let [ciphers, extensions] = lists(hello);
    format!("{}_{ciphers}_{extensions}", counts(hello))
}

/// The first part: `t13d1516h2`.
fn counts(hello: &ClientHello) -> String {
    let goes_to = if hello.extensions.contains(&SERVER_NAME) { 'd' } else { 'i' };
    let count = |values: &[u16]| grease::without(values).count().min(99);
    let (ciphers, extensions) = (count(&hello.ciphers), count(&hello.extensions));
    let alpn = ends(hello.alpn.first().map_or(&[][..], Vec::as_slice));
    format!("t{}{goes_to}{ciphers:02}{extensions:02}{alpn}", version(hello))
}

/// The highest of `supported_versions`, and without that extension what stands in the old place.
fn version(hello: &ClientHello) -> &'static str {
    let offered = grease::without(&hello.supported_versions).max();
    match offered.unwrap_or(hello.version) {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

/// The first and last character of a protocol; of its hex digits when one of them is no letter or
/// number; `00` when there is none.
fn ends(protocol: &[u8]) -> String {
    let (Some(&first), Some(&last)) = (protocol.first(), protocol.last()) else {
        return "00".to_owned();
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        [first, last].map(char::from).iter().collect()
    } else {
        format!("{:x}{:x}", first >> 4, last & 15)
    }
}

/// What the second and third part are hashes of.
fn lists(hello: &ClientHello) -> [String; 2] {
    let mut ciphers: Vec<_> = grease::without(&hello.ciphers).collect();
    ciphers.sort_unstable();
    let mut extensions: Vec<_> = grease::without(&hello.extensions)
        .filter(|extension| ![SERVER_NAME, ALPN].contains(extension))
        .collect();
    extensions.sort_unstable();
    let mut second = joined(&extensions);
    let algorithms: Vec<_> = grease::without(&hello.signature_algorithms).collect();
    if !algorithms.is_empty() {
        second = format!("{second}_{}", joined(&algorithms));
    }
    [joined(&ciphers), second]
}

fn joined(values: &[u16]) -> String {
    values.iter().map(|value| format!("{value:04x}")).collect::<Vec<_>>().join(",")
}

/// The first twelve hex digits of the SHA-256; zeroes for a list with nothing in it.
fn short_hash(list: &str) -> String {
    if list.is_empty() {
        return "0".repeat(12);
    }
    hex(&Sha256::digest(list)[..6])
}
