//! Rewrites: what is changed in requests and answers, and what is not even asked for.

use crate::domain::DomainRule;

/// What a project changes. Applies to plain requests and to intercepted ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewrites {
    /// Changes of a request's fields, one after another. Up to 64.
    pub request: Vec<FieldChange>,
    /// Changes of an answer's fields. Up to 64.
    pub response: Vec<FieldChange>,
    /// What stands in `User-Agent`.
    pub user_agent: UserAgent,
    /// What is answered here instead of being asked for. Up to 256.
    pub block: Vec<Block>,
}

impl Rewrites {
    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.request.is_empty()
            && self.response.is_empty()
            && self.user_agent == UserAgent::Keep
            && self.block.is_empty()
    }
}

/// A change of one field. Fields that frame a message, belong to one hop or carry our own login
/// cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldChange {
    /// In the place of every field of that name, or behind the others, stands this one.
    Set {
        /// A token (RFC 9110 section 5.6.2).
        name: String,
        /// A field value (RFC 9110 section 5.5).
        value: String,
    },
    /// No field of that name is left.
    Remove {
        /// A token.
        name: String,
    },
}

/// What stands in `User-Agent`. Lists have 1-256 values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum UserAgent {
    /// What the client sent.
    #[default]
    Keep,
    /// Always this.
    Fixed(String),
    /// One of these for each session, by its name; without a session, for each client connection.
    Session(Vec<String>),
    /// One of these for each request, by chance.
    Request(Vec<String>),
}

/// Requests that are answered here: 403 without content, or an answer that is cut off before its
/// content when the type was known only then. All lists that are not empty must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// Targets; empty: all.
    pub hosts: Vec<DomainRule>,
    /// Patterns of the path without its query, `*` for any characters: `/ads/*`, `*.mp4`.
    pub paths: Vec<String>,
    /// Patterns of `Content-Type` without parameters: `image/*`, `video/mp4`.
    pub content_types: Vec<String>,
}
