//! What can be wrong with what is asked for.

/// Why a text is no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    /// Neither 100-999 nor `1xx`-`9xx`.
    #[error("must be a status (404) or a class of them (4xx)")]
    Status,
    /// Neither a part of a host's name nor a domain rule.
    #[error("must be a part of a host's name, or a rule: *.example.com, =example.com")]
    Host,
}

/// Why nobody can watch a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("every project there is room for is being watched")]
pub struct Refused;
