//! Secrets that are made up on the spot.

use std::fmt::Write as _;

use anyhow::Result;

/// 64 hex digits that nobody can guess.
///
/// # Errors
/// When the system has no randomness.
pub fn made_up() -> Result<String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_secret_is_like_another() {
        let [one, other] = [(); 2].map(|()| super::made_up().unwrap());
        assert!(one != other && one.len() == 64, "{one} {other}");
        assert!(one.chars().all(|c| c.is_ascii_hexdigit()));
    }
}
