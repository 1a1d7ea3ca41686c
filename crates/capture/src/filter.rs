//! Which records are wanted.

use std::str::FromStr;

use jiff::Timestamp;
use model::{DomainRule, Host, ProxyId};

use crate::error::BadFilter;
use crate::record::Record;

/// Which records are wanted: those that fit every part that is there.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The target's host.
    pub host: Option<HostFilter>,
    /// The method, as sent.
    pub method: Option<String>,
    /// What the client was told.
    pub status: Option<StatusFilter>,
    /// The exit that carried it.
    pub exit: Option<ProxyId>,
    /// Its session.
    pub session: Option<String>,
    /// Part of the URL, whatever the case.
    pub text: Option<String>,
    /// Only those that a ban rule has judged.
    pub is_banned: bool,
    /// Only failures.
    pub is_failed: bool,
    /// From then on.
    pub since: Option<Timestamp>,
    /// Up to then, and not then.
    pub until: Option<Timestamp>,
}

/// A target's host, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostFilter {
    /// Those that a rule speaks of: `*.example.com`, `=example.com`.
    Rule(DomainRule),
    /// Those whose name has this part: `shop`, `example.com`.
    Part(String),
}

/// A status, or a class of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusFilter {
    /// `404`.
    Exact(u16),
    /// `4xx`: 4.
    Class(u16),
}

impl Filter {
    /// Whether a record is wanted.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        let Self { host, method, status, exit, session, text, is_banned, is_failed, since, until } =
            self;
        (!is_banned || record.banned_by.is_some())
            && (!is_failed || record.blame.is_some())
            && since.is_none_or(|since| record.started_at >= since)
            && until.is_none_or(|until| record.started_at < until)
            && exit.is_none_or(|exit| record.exit == Some(exit))
            && status.is_none_or(|status| status.matches(record.status))
            && method.as_ref().is_none_or(|method| record.request.method() == method)
            && session
                .as_ref()
                .is_none_or(|session| record.session.as_ref() == Some(&session.into()))
            && host.as_ref().is_none_or(|host| host.matches(&record.target.host))
            && text.as_ref().is_none_or(|text| contains(record.request.url(), text))
    }
}

/// Whether a text has a part, whatever the case of its ASCII letters.
fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

impl HostFilter {
    fn matches(&self, host: &Host) -> bool {
        match self {
            Self::Rule(rule) => rule.matches(host),
            Self::Part(part) => contains(&host.to_string(), part),
        }
    }
}

impl FromStr for HostFilter {
    type Err = BadFilter;

    fn from_str(text: &str) -> Result<Self, BadFilter> {
        if text.starts_with(['*', '=', '.']) {
            return text.parse().map(Self::Rule).ok().ok_or(BadFilter::Host);
        }
        let is_part = (1..=253).contains(&text.len()) && !text.contains(char::is_whitespace);
        is_part.then(|| Self::Part(text.to_owned())).ok_or(BadFilter::Host)
    }
}

impl StatusFilter {
    fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => status == exact,
            Self::Class(class) => status / 100 == class,
        }
    }
}

impl FromStr for StatusFilter {
    type Err = BadFilter;

    fn from_str(text: &str) -> Result<Self, BadFilter> {
        match text.as_bytes() {
            [class @ b'1'..=b'9', b'x' | b'X', b'x' | b'X'] => {
                Ok(Self::Class(u16::from(class - b'0')))
            }
            [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] => {
                text.parse().map(Self::Exact).ok().ok_or(BadFilter::Status)
            }
            _ => Err(BadFilter::Status),
        }
    }
}
