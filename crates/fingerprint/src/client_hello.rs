//! What a client says of itself before anything is encrypted (RFC 8446 section 4.1.2).

mod record;
mod body;
mod ja3;
mod ja4;

use crate::grease::is_grease;
use crate::{NotTls, Read};

/// A `ClientHello`. Lists are in the order in which they were sent, GREASE included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientHello {
    /// `legacy_version`: 0x0303 with everything since TLS 1.2.
    pub version: u16,
    /// `supported_versions`; empty without that extension.
    pub supported_versions: Vec<u16>,
    /// Cipher suites.
    pub ciphers: Vec<u16>,
    /// The types of all extensions.
    pub extensions: Vec<u16>,
    /// `supported_groups`, once called elliptic curves.
    pub groups: Vec<u16>,
    /// `ec_point_formats`.
    pub point_formats: Vec<u8>,
    /// `signature_algorithms`.
    pub signature_algorithms: Vec<u16>,
    /// Application protocols: mostly `h2` and `http/1.1`, but any bytes may be there.
    pub alpn: Vec<Vec<u8>>,
    /// The host that is asked for; with Encrypted Client Hello, the one that everybody may see.
    pub server_name: Option<String>,
    /// The groups of the key shares that came along.
    pub key_shares: Vec<u16>,
}

/// Reads a `ClientHello` out of TLS records of any size; what follows it is left alone.
///
/// Nothing is copied before all of it is there, so asking again after each packet costs one look at
/// the head of each record.
///
/// # Errors
/// When it can be none, whatever follows: as early as that is known.
pub fn read(bytes: &[u8]) -> Result<Read<ClientHello>, NotTls> {
    Ok(match record::message(bytes)? {
        Read::NeedsMore => Read::NeedsMore,
        Read::Whole(message) => Read::Whole(body::read(&message)?),
    })
}

impl ClientHello {
    /// Whether reserved values are among ciphers, extensions, groups or versions (RFC 8701), as
    /// Chrome and Safari send them and Firefox does not.
    #[must_use]
    pub fn has_grease(&self) -> bool {
        let lists = [&self.ciphers, &self.extensions, &self.groups, &self.supported_versions];
        lists.into_iter().flatten().any(|value| is_grease(*value))
    }

    /// JA3: version, ciphers, extensions, groups and point formats as decimal numbers.
    #[must_use]
    pub fn ja3(&self) -> String {
        ja3::text(self)
    }

    /// The MD5 of [`ja3`](Self::ja3), 32 lower-case hex digits.
    #[must_use]
    pub fn ja3_hash(&self) -> String {
        ja3::hash(self)
    }

    /// JA4, 36 characters, for TLS over TCP.
    #[must_use]
    pub fn ja4(&self) -> String {
        ja4::hashed(self)
    }

    /// JA4 with the sorted lists in place of their hashes (`JA4_r`).
    #[must_use]
    pub fn ja4_raw(&self) -> String {
        ja4::raw(self)
    }
}

#[cfg(test)]
mod tests;
