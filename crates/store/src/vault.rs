//! The secret key of the installation, and all that is sealed, digested and derived with it.

use aws_lc_rs::{digest, hkdf, hmac, rand};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use model::Secret;
use model::login::LoginKey;
use zeroize::Zeroizing;

use crate::error::StoreError;

/// First byte of everything sealed: which key and cipher it was sealed with. There is one so far.
const SCHEME: u8 = 1;
const NONCE: usize = 24;

/// Seals and opens secrets, and derives further keys.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
    fingerprint: hmac::Key,
    master: Zeroizing<[u8; 32]>,
}

impl Vault {
    /// A vault that opens with `key`.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        let master = Zeroizing::new(key);
        let sealing = Zeroizing::new(expand(&master, "seal"));
        let fingerprint = hmac::Key::new(hmac::HMAC_SHA256, &expand(&master, "fingerprint"));
        Self { cipher: XChaCha20Poly1305::new((&*sealing).into()), fingerprint, master }
    }

    /// A key of its own for another purpose (HKDF-SHA-256, RFC 5869).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        expand(&self.master, purpose)
    }

    /// The key under which proxy passwords are digested.
    #[must_use]
    pub fn login_key(&self) -> LoginKey {
        LoginKey::new(&self.derive("proxy login"))
    }

    /// Seals `plain` so that it opens with this key and in this `context` only.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        let exhausted = |error| StoreError::Unusable(format!("no randomness: {error}"));
        rand::fill(&mut nonce).map_err(exhausted)?;
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let failed = |error| StoreError::Unusable(format!("cannot seal: {error}"));
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(failed)?;
        let mut out = Vec::with_capacity(1 + NONCE + sealed.len());
        out.push(SCHEME);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what was sealed in `context`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it was sealed with another key, in another context, or changed.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Secret, StoreError> {
        let plain = self.open_bytes(context, sealed)?;
        let text = std::str::from_utf8(&plain);
        Ok(Secret::from(text.map_err(|error| StoreError::corrupt("secret", error))?))
    }

    pub(crate) fn open_bytes(
        &self,
        context: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let corrupt = |why| StoreError::corrupt("secret", why);
        let (scheme, rest) = sealed.split_first().ok_or_else(|| corrupt("it is empty"))?;
        if *scheme != SCHEME {
            return Err(corrupt("it was sealed by a newer version"));
        }
        let (nonce, body) =
            rest.split_first_chunk::<NONCE>().ok_or_else(|| corrupt("it is too short"))?;
        let payload = Payload { msg: body, aad: context.as_bytes() };
        let plain = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        plain.map(Zeroizing::new).map_err(|error| StoreError::corrupt("secret", error))
    }

    /// A value by which equal texts are known, and which tells nothing about them.
    pub(crate) fn fingerprint(&self, parts: &[&str]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.fingerprint);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref()[..16].to_vec()
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault([redacted])")
    }
}

fn expand(master: &[u8; 32], purpose: &str) -> [u8; 32] {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"octoprox");
    let mut key = [0; 32];
    let info = [purpose.as_bytes()];
    let filled =
        salt.extract(master).expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut key));
    debug_assert!(filled.is_ok(), "32 bytes are what SHA-256 gives");
    // Unreachable, and harmless if it were not: no two purposes share a key.
    if filled.is_err() {
        key.copy_from_slice(digest::digest(&digest::SHA256, purpose.as_bytes()).as_ref());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_its_key_in_its_context_only() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal("proxies:1:password", b"hunter2").unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_eq!(vault.open("proxies:1:password", &sealed).unwrap().expose(), "hunter2");
        assert!(vault.open("proxies:2:password", &sealed).is_err());
        assert!(Vault::new([8; 32]).open("proxies:1:password", &sealed).is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(vault.open("proxies:1:password", &changed).is_err());
        assert!(vault.open("proxies:1:password", &sealed[..9]).is_err());
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_fingerprints_by_parts() {
        let vault = Vault::new([7; 32]);
        assert_ne!(vault.derive("a"), vault.derive("b"));
        assert_eq!(vault.derive("a"), Vault::new([7; 32]).derive("a"));
        assert_ne!(vault.fingerprint(&["ab", "c"]), vault.fingerprint(&["a", "bc"]));
    }
}
