//! What is wrong with rules, and where.

use std::fmt;

/// One mistake in one rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct BadRule {
    /// Where, as the end of a JSON pointer into the list or the object that was compiled:
    /// `2/signs/body`, `request/0/name`.
    pub place: String,
    /// What is wrong there, in one sentence without a full stop.
    pub why: String,
}

/// Every mistake that was found; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRules(pub Vec<BadRule>);

impl fmt::Display for BadRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, rule) in self.0.iter().enumerate() {
            write!(f, "{}{rule}", if n == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for BadRules {}

/// Why something is no answer that a target could have sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSample {
    /// Not 100-999.
    #[error("the status is not from 100 to 999")]
    Status,
    /// A name that is no token, or a value with a control character.
    #[error("field {0} is not a field of a message")]
    Field(usize),
    /// Larger than any head that a node reads.
    #[error("the fields are too many, or too large")]
    TooLarge,
}

/// Collects mistakes while rules are compiled.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<BadRule>);

impl Mistakes {
    pub(crate) fn note(&mut self, place: String, why: impl Into<String>) {
        self.0.push(BadRule { place, why: why.into() });
    }

    /// The value, or a note of the mistake.
    pub(crate) fn take<T>(
        &mut self,
        value: Result<T, String>,
        place: impl FnOnce() -> String,
    ) -> Option<T> {
        value.map_err(|why| self.note(place(), why)).ok()
    }

    pub(crate) fn none_or<T>(self, value: T) -> Result<T, BadRules> {
        if self.0.is_empty() { Ok(value) } else { Err(BadRules(self.0)) }
    }
}
