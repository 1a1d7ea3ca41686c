//! What events are signed with: as the Standard Webhooks specification writes it.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Secret;

use crate::problem::{Answer, Problem};

const PREFIX: &str = "whsec_";
/// Bytes of those that we make.
const BYTES: usize = 32;

/// A new one.
pub(super) fn random() -> Answer<Secret> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).map_err(|error| Problem::broken("randomness", &error))?;
    Ok(Secret::from(format!("{PREFIX}{}", STANDARD.encode(bytes))))
}

/// Whether receivers can verify with it what is signed with it.
pub(super) fn is_good(secret: &str) -> bool {
    let bytes = secret.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
    bytes.is_some_and(|bytes| (24..=64).contains(&bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_enough_bytes_and_not_too_many() {
        let made = random().unwrap();
        assert!(is_good(made.expose()) && made != random().unwrap());
        assert!(!is_good("hunter2") && !is_good("whsec_hunter2"));
        for (bytes, good) in [(23, false), (24, true), (64, true), (65, false)] {
            let text = format!("{PREFIX}{}", STANDARD.encode(vec![7; bytes]));
            assert_eq!(is_good(&text), good, "{bytes}");
        }
    }
}
