//! Ban rules: how a target says that it does not want an exit, and what is done about it.

use std::time::Duration;

use crate::domain::DomainRule;

/// One rule. All signs that it names must be there; a rule without a sign matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BanRule {
    /// 1-64 characters of `[A-Za-z0-9_.-]`, unique in the project: what counters are named after.
    pub name: String,
    /// A rule that is off matches nothing.
    pub enabled: bool,
    /// Targets that it is about; empty: all.
    pub domains: Vec<DomainRule>,
    /// How a ban looks.
    pub signs: Signs,
    /// What is done about it.
    pub actions: Actions,
    /// Only counts: answers are delivered as if the rule did not exist.
    pub dry_run: bool,
    /// The share of the project's exits, 1-100 %, that the rule may keep from one domain at a time.
    /// Above it answers are still tried elsewhere, but no further exit is marked or quarantined.
    pub max_share: u8,
}

/// How a ban looks. What is `None` or empty is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signs {
    /// Statuses, first and last of each range: 100-999.
    pub status: Vec<(u16, u16)>,
    /// A field of the answer, and a regular expression that its value matches; an empty expression
    /// asks only for the field.
    pub header: Option<(String, String)>,
    /// A regular expression that the target of a redirect (`Location` of a 3xx) matches.
    pub redirect: Option<String>,
    /// The least and the most bytes of content as they are sent: a length that is announced, or what
    /// has come when the content ends within the prefix.
    pub size: Option<(u64, u64)>,
    /// A regular expression that the beginning of the content matches, decoded (gzip, deflate, br,
    /// zstd), at most [`BODY_PREFIX`] bytes of it.
    pub body: Option<String>,
}

/// Bytes of decoded content that are looked at.
pub const BODY_PREFIX: usize = 64 * 1024;

/// What is done about a ban.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actions {
    /// The request is tried through another exit, where it may be sent again.
    pub retry: bool,
    /// The exit is kept from the domain for so long; twice as long with each further ban there,
    /// up to a day: 1 s - 1 day.
    pub mark: Option<Duration>,
    /// The exit rests altogether for so long: 1 s - 1 day.
    pub quarantine: Option<Duration>,
    /// The session is bound to another exit from the next request on.
    pub rotate_session: bool,
    /// Written into the record of the exchange: up to 64 characters.
    pub tag: Option<String>,
    /// Requests that may change something at the target (POST, PATCH) are tried again, too: who
    /// bans does not obey.
    pub replay_unsafe: bool,
}
