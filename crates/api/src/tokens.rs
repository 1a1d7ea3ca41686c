//! Tokens: signed ones that say who calls, random ones that are kept as digests.

use std::time::Duration;

use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use model::UserId;
use serde::{Deserialize, Serialize};

use crate::problem::{Answer, Problem};

/// Signs and reads access tokens: JWT (RFC 7519), HS256 and nothing else.
pub(crate) struct Tokens {
    signing: EncodingKey,
    reading: DecodingKey,
    header: Header,
    ttl: Duration,
}

/// Names the key in the header of a token; there is one so far.
const KEY_ID: &str = "1";
const ISSUER: &str = "octoprox";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    /// The user's token generation: when theirs grows, this token is worthless.
    generation: u64,
    iat: i64,
    exp: i64,
}

impl Tokens {
    pub(crate) fn new(key: &[u8; 32], ttl: Duration) -> Self {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(KEY_ID.to_owned());
        let (signing, reading) = (EncodingKey::from_secret(key), DecodingKey::from_secret(key));
        Self { signing, reading, header, ttl }
    }

    pub(crate) fn ttl(&self) -> Duration {
        self.ttl
    }

    pub(crate) fn sign(&self, user: UserId, generation: u64, now: Timestamp) -> Answer<String> {
        let iat = now.as_second();
        let exp = iat.saturating_add_unsigned(self.ttl.as_secs());
        let claims = Claims { iss: ISSUER.into(), sub: user.to_string(), generation, iat, exp };
        jsonwebtoken::encode(&self.header, &claims, &self.signing).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "No token could be made.")
        })
    }

    /// Whose token it is, and of which generation; `None` when it is not one of ours, not of this
    /// algorithm, or over.
    pub(crate) fn read(&self, token: &str, now: Timestamp) -> Option<(UserId, u64)> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Compared with our own clock below, without leeway.
        validation.validate_exp = false;
        let read = jsonwebtoken::decode::<Claims>(token, &self.reading, &validation).ok()?;
        let known = read.header.kid.as_deref() == Some(KEY_ID);
        let claims = Some(read.claims).filter(|claims| known && claims.exp > now.as_second())?;
        Some((claims.sub.parse().ok()?, claims.generation))
    }
}

/// A token of 256 random bits, and the digest under which it is kept.
pub(crate) fn random() -> Answer<(String, [u8; 32])> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no randomness");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "No token could be made.")
    })?;
    Ok(made_of(&bytes))
}

/// The token that these bits make, and its digest.
pub(crate) fn made_of(bytes: &[u8; 32]) -> (String, [u8; 32]) {
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let digest = token_digest(&token);
    (token, digest)
}

/// The digest under which a random token is kept: SHA-256, since there is nothing to guess.
pub(crate) fn token_digest(token: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new(&[7; 32], Duration::from_mins(15))
    }

    #[test]
    fn a_token_is_good_until_it_is_over_and_with_its_key_only() {
        let (user, now) = (UserId::new(), Timestamp::from_second(1_800_000_000).unwrap());
        let token = tokens().sign(user, 3, now).unwrap();
        assert_eq!(tokens().read(&token, now), Some((user, 3)));
        assert_eq!(tokens().read(&token, now + Duration::from_mins(15)), None);
        assert_eq!(Tokens::new(&[8; 32], Duration::from_mins(15)).read(&token, now), None);
        let mut parts: Vec<_> = token.split('.').collect();
        parts[2] = "";
        assert_eq!(tokens().read(&parts.join("."), now), None);
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"1"}"#);
        assert_eq!(tokens().read(&format!("{none}.{}.", parts[1]), now), None);
    }

    #[test]
    fn random_tokens_differ_and_are_kept_as_digests() {
        let (first, digest) = random().unwrap();
        assert_ne!(first, random().unwrap().0);
        assert_eq!((first.len(), token_digest(&first)), (43, digest));
    }
}
