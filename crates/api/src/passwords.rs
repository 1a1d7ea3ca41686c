//! Passwords of people: Argon2id, a few at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier};
use http::StatusCode;
use model::Secret;
use tokio::sync::Semaphore;

use crate::problem::{Answer, Problem};

/// Hashes and checks passwords. Each takes 19 MiB for some tens of milliseconds, so only two are
/// under way at once, off the threads that answer requests.
pub(crate) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(2)))
    }
}

/// A hash that no password has, to check against when there is no such user: the answer then takes
/// as long as with one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA\
     $R6sIlK8vcR1vw6XfrgVZ0H7kVxwSoGVYVh3rsg5oVQ8";

/// The hash of `password`, in PHC form. The thread is busy meanwhile.
pub(crate) fn phc(password: &str) -> Result<String, argon2::password_hash::Error> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
}

impl Passwords {
    /// The hash of `password`, in PHC form.
    pub(crate) async fn hash(&self, password: String) -> Answer<String> {
        self.run(move || phc(&password).map_err(|error| failed(&error))).await?
    }

    /// Whether `password` is the one behind `hash`; with no hash it is not, after the same time.
    pub(crate) async fn matches(&self, password: String, hash: Option<String>) -> Answer<bool> {
        let check = move || {
            let text = hash.as_deref().unwrap_or(NOBODY);
            let parsed = PasswordHash::new(text).map_err(|error| failed(&error))?;
            let fits = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(fits && hash.is_some())
        };
        self.run(check).await?
    }

    /// The key that a passphrase gives with a salt: of backups, which may be attacked wherever they
    /// end up, so it costs 64 MiB and three passes.
    pub(crate) async fn key(&self, passphrase: Secret, salt: [u8; 16]) -> Answer<[u8; 32]> {
        let derive = move || {
            let params = Params::new(64 * 1024, 3, 1, Some(32)).map_err(|error| failed(&error))?;
            let argon = Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params);
            let (mut key, text) = ([0; 32], passphrase.expose().as_bytes());
            argon.hash_password_into(text, &salt, &mut key).map_err(|error| failed(&error))?;
            Ok(key)
        };
        self.run(derive).await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(|error| failed(&error))?;
        let work = move || {
            let done = work();
            drop(permit);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| failed(&error))
    }
}

fn failed(error: &impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "a password could not be hashed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The password could not be checked.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_nobodys() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(passwords.matches("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.matches("wrong horse".into(), Some(hash)).await.unwrap());
        assert!(!passwords.matches("correct horse".into(), None).await.unwrap());
    }
}
