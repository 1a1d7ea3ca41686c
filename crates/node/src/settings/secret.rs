//! The secret key, its file, and secrets that everybody knows.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

/// Parts of secrets that stand in documentation, examples and default files.
const PUBLISHED: [&str; 9] = [
    "changeme",
    "changethis",
    "changeinproduction",
    "yoursecret",
    "yoursuper",
    "supersecret",
    "replaceme",
    "examplesecret",
    "insecure",
];

/// Words that are no secret however often they are repeated, and whatever digits stand between.
const WORDS: [&str; 12] = [
    "admin",
    "administrator",
    "password",
    "passwort",
    "passw0rd",
    "octoprox",
    "secret",
    "default",
    "letmein",
    "welcome",
    "qwerty",
    "qwertyuiop",
];

/// The key of the installation: 32 bytes, wiped when dropped, shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MasterKey(Zeroizing<[u8; 32]>);

/// Where the key of the installation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretKey {
    /// It was given, or it was in its file.
    Known(MasterKey),
    /// Its file is not there yet.
    ToBeMade(PathBuf),
}

// === impl MasterKey ===

impl MasterKey {
    /// The key itself. Whoever calls this must neither log nor return it.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 hex digits, or base64 (either alphabet, with or without padding) of 32 bytes; not one
    /// byte 32 times.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        match hex(text) {
            Some(decoded) => bytes.copy_from_slice(&*decoded),
            None => bytes.copy_from_slice(base64(text)?.get(..32)?),
        }
        let repeated = bytes.iter().all(|byte| *byte == bytes[0]);
        (!repeated).then_some(Self(bytes))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

fn hex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = Zeroizing::new([0; 32]);
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let either =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = Zeroizing::new(text.replace('-', "+").replace('_', "/"));
    let bytes = GeneralPurpose::new(&STANDARD, either).decode(&*text).ok().map(Zeroizing::new)?;
    (bytes.len() == 32).then_some(bytes)
}

// === impl SecretKey ===

impl SecretKey {
    /// What is in the file, without making it.
    pub(super) fn in_file(path: &Path) -> Result<Self, String> {
        match read(path) {
            Ok(key) => Ok(Self::Known(key)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self::ToBeMade(path.to_owned()))
            }
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    /// The key. Makes its file, and the folder of that, when they are not there: for the owner
    /// only. When another node makes the file at the same moment, its key is taken.
    ///
    /// # Errors
    /// When the file cannot be made, or was made wrongly by somebody else.
    pub(crate) fn load(&self) -> io::Result<MasterKey> {
        let path = match self {
            Self::Known(key) => return Ok(key.clone()),
            Self::ToBeMade(path) => path,
        };
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("secret key file {}: {error}", path.display()))
        };
        match make(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path).map_err(named),
            made => made.map_err(named),
        }
    }
}

fn make(path: &Path) -> io::Result<MasterKey> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut bytes = Zeroizing::new([0; 32]);
    SysRng.try_fill_bytes(&mut *bytes).map_err(io::Error::other)?;
    let mut text = Zeroizing::new(String::with_capacity(65));
    for byte in *bytes {
        text.push_str(&Zeroizing::new(format!("{byte:02x}")));
    }
    text.push('\n');
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key would be refused by every later start.
        std::fs::remove_file(path)?;
    }
    written.map(|()| MasterKey(bytes))
}

fn read(path: &Path) -> io::Result<MasterKey> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(wrong(format!("others may use it (mode {mode:03o}); chmod 600 it")));
    }
    let text = Zeroizing::new(std::fs::read_to_string(path)?);
    let key = MasterKey::parse(text.trim());
    key.ok_or_else(|| wrong("expected 64 hex digits, or base64 of 32 bytes".to_owned()))
}

/// Whether this secret is a default of some documentation, or made of such words.
pub(super) fn is_published(secret: &str) -> bool {
    let plain: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let rest = WORDS.iter().fold(plain.clone(), |rest, word| rest.replace(word, ""));
    let first = secret.chars().next();
    PUBLISHED.iter().any(|part| plain.contains(part))
        || rest.chars().all(|left| left.is_ascii_digit())
        || secret.chars().all(|next| Some(next) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

    #[test]
    fn a_key_is_hex_or_base64_of_32_bytes() {
        let key: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        for text in [
            HEX,
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        ] {
            assert_eq!(MasterKey::parse(text).unwrap().bytes(), &key, "{text}");
        }
        let urlsafe = "-_ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        assert_eq!(MasterKey::parse(urlsafe).unwrap().bytes()[..2], [0xfb, 0xf1]);
        for bad in ["", "00", &HEX[1..], &"g".repeat(64), &"0".repeat(64), "AAECAw==", "ä"] {
            assert_eq!(MasterKey::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_missing_file_is_made_once_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/secret.key");
        let first = SecretKey::in_file(&path).unwrap();
        assert_eq!(first, SecretKey::ToBeMade(path.clone()));
        let made = first.load().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SecretKey::in_file(&path).unwrap(), SecretKey::Known(made.clone()));
        // As if another node had made it between our look and our try.
        assert_eq!(first.load().unwrap(), made);
        let other = SecretKey::ToBeMade(folder.path().join("other.key")).load().unwrap();
        assert_ne!(other, made);
    }

    #[test]
    fn a_file_that_others_may_use_or_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        std::fs::write(&path, HEX).unwrap();
        for (mode, fine) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(SecretKey::in_file(&path).is_ok(), fine, "{mode:o}");
        }
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, "hunter2").unwrap();
        let refused = SecretKey::in_file(&path).unwrap_err();
        assert!(refused.contains("64 hex digits") && !refused.contains("hunter2"), "{refused}");
        assert!(SecretKey::ToBeMade(path).load().is_err());
    }

    #[test]
    fn published_secrets_are_known() {
        for secret in [
            "admin",
            "Password",
            "octoprox",
            "changeme",
            "change-me-in-production",
            "OctoProx-Admin-2024",
            "password1234",
            "123456789012",
            "aaaaaaaaaaaaaaaa",
            "your-super-secret-jwt-key-0123456789",
        ] {
            assert!(is_published(secret), "{secret}");
        }
        for secret in
            ["correct horse battery", "Zm9vYmFyYmF6cXV4", "päßwört-für-uns", "admin-of-kiel"]
        {
            assert!(!is_published(secret), "{secret}");
        }
    }
}
