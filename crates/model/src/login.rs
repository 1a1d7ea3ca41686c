//! Proxy passwords as keyed digests: what the front door compares, and all that is stored.

use aws_lc_rs::{constant_time, hmac};

/// The key under which this installation digests proxy passwords. Derived from the installation's
/// secret key; without it a stolen database does not allow guessing offline.
#[derive(Clone)]
pub struct LoginKey(hmac::Key);

/// HMAC-SHA-256 of a proxy password under the installation's [`LoginKey`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PasswordDigest([u8; 32]);

// === impl LoginKey ===

impl LoginKey {
    /// A key from 32 bytes of keying material.
    #[must_use]
    pub fn new(material: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, material))
    }

    /// The digest of `password`: about half a microsecond. Fast on purpose: proxy passwords are
    /// checked on every connection, and the key, not the work factor, is what protects them.
    #[must_use]
    pub fn digest(&self, password: &[u8]) -> PasswordDigest {
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&self.0, password).as_ref());
        PasswordDigest(digest)
    }
}

impl std::fmt::Debug for LoginKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginKey([redacted])")
    }
}

// === impl PasswordDigest ===

impl PasswordDigest {
    /// A digest read back from where it was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are of the same password; takes the same time whether they are or not.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl std::fmt::Debug for PasswordDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordDigest([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_password_and_key() {
        let key = LoginKey::new(&[7; 32]);
        assert!(key.digest(b"demo").matches(&key.digest(b"demo")));
        assert!(!key.digest(b"demo").matches(&key.digest(b"Demo")));
        assert!(!key.digest(b"demo").matches(&LoginKey::new(&[8; 32]).digest(b"demo")));
    }
}
