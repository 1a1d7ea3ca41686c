//! Which exchanges are wanted.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use model::exchange::{Blame, ExchangeKind};
use model::place::Country;
use model::{ConnectorId, DomainRule, ProjectId, ProxyId};
use serde::{Deserialize, Serialize};

use crate::entry::Entry;

/// Which exchanges are wanted, in the words of a query: those that fit every part that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// The node that served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The identifier of its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The identifiers of projects: only theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<String>>,
    /// The identifier of the connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
    /// The identifier of the exit that carried it, or was tried for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// The country of the exit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// A domain rule: `example.com` with all below it, `*.example.com`, `=example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// As sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// `connect`, `http`, `socks` or `intercepted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `404`, or `4xx`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `client`, `exit`, `target`, `node`; `none`: a success; `any`: a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blame: Option<String>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// A part of anything that is a text, whatever the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Those that began then or later, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Those that began before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A query that is understood.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    node: Option<String>,
    project: Option<ProjectId>,
    projects: Option<Vec<ProjectId>>,
    connector: Option<ConnectorId>,
    exit: Option<ProxyId>,
    country: Option<Country>,
    host: Option<DomainRule>,
    method: Option<String>,
    kind: Option<ExchangeKind>,
    status: Option<Status>,
    blame: Option<Blamed>,
    session: Option<String>,
    text: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
enum Status {
    Exact(u16),
    Class(u16),
}

#[derive(Debug, Clone, Copy)]
enum Blamed {
    Nobody,
    Anybody,
    Only(Blame),
}

/// A part of a query that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct BadFilter {
    /// Which one.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// The longest part of a query.
const LONGEST: usize = 256;

// === impl Filter ===

impl Filter {
    /// Understands a query.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn parse(wanted: &Wanted) -> Result<Self, BadFilter> {
        Ok(Self {
            node: plain("node", wanted.node.as_deref())?,
            project: parsed("project", wanted.project.as_deref())?,
            projects: match &wanted.projects {
                Some(ids) => Some(
                    ids.iter()
                        .filter_map(|id| parsed("projects", Some(id)).transpose())
                        .collect::<Result<_, _>>()?,
                ),
                None => None,
            },
            connector: parsed("connector", wanted.connector.as_deref())?,
            exit: parsed("exit", wanted.exit.as_deref())?,
            country: parsed("country", wanted.country.as_deref())?,
            host: parsed("host", wanted.host.as_deref())?,
            method: plain("method", wanted.method.as_deref())?,
            kind: parsed("kind", wanted.kind.as_deref())?,
            status: parsed("status", wanted.status.as_deref())?,
            blame: parsed("blame", wanted.blame.as_deref())?,
            session: plain("session", wanted.session.as_deref())?,
            text: plain("text", wanted.text.as_deref())?.map(|text| text.to_ascii_lowercase()),
            since: parsed("since", wanted.since.as_deref())?,
            until: parsed("until", wanted.until.as_deref())?,
        })
    }

    /// The only node whose exchanges are wanted.
    pub(crate) fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// Whether an exchange is wanted.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        is_asked(self.project.as_ref(), entry.project.as_ref())
            && self.projects.as_ref().is_none_or(|projects| {
                entry.project.is_some_and(|project| projects.contains(&project))
            })
            && is_asked(self.connector.as_ref(), entry.connector.as_ref())
            && is_asked(self.country.as_ref(), entry.country.as_ref())
            && is_asked(self.session.as_deref(), entry.session.as_deref())
            && is_asked(self.node.as_deref(), Some(&*entry.node))
            && is_asked(self.method.as_deref(), Some(&*entry.method))
            && is_asked(self.kind.as_ref(), Some(&entry.kind))
            && self.status.is_none_or(|status| status.matches(entry.status))
            && self.blame.is_none_or(|blamed| blamed.matches(entry.blame))
            && self.since.is_none_or(|since| entry.started_at >= since)
            && self.until.is_none_or(|until| entry.started_at < until)
            && self.exit.is_none_or(|exit| went_through(entry, exit))
            && self.host.as_ref().is_none_or(|rule| {
                entry.target.as_ref().is_some_and(|target| rule.matches(&target.host))
            })
            && self.text.as_ref().is_none_or(|text| says(entry, text))
    }
}

fn is_asked<T: PartialEq + ?Sized>(wanted: Option<&T>, has: Option<&T>) -> bool {
    wanted.is_none() || wanted == has
}

fn went_through(entry: &Entry, exit: ProxyId) -> bool {
    entry.exit == Some(exit) || entry.failed.iter().any(|failed| failed.exit == exit)
}

/// Whether any text of the entry has the part, which is in lower case.
fn says(entry: &Entry, part: &str) -> bool {
    let has = |text: &str| {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        part.is_empty() || text.windows(part.len()).any(|some| some.eq_ignore_ascii_case(part))
    };
    let shown = |value: Option<&dyn Display>| value.is_some_and(|value| has(&value.to_string()));
    has(&entry.method)
        || has(&entry.error)
        || has(&entry.node)
        || entry.session.as_deref().is_some_and(has)
        || entry.banned_by.as_deref().is_some_and(has)
        || entry.failed.iter().any(|failed| has(&failed.error))
        || shown(entry.target.as_ref().map(|target| target as &dyn Display))
        || shown(entry.exit.as_ref().map(|exit| exit as &dyn Display))
        || shown(Some(&entry.client))
        || shown(Some(&entry.id))
}

fn plain(field: &'static str, text: Option<&str>) -> Result<Option<String>, BadFilter> {
    let is_short = text.is_none_or(|text| text.len() <= LONGEST);
    let why = || BadFilter { field, why: format!("must have at most {LONGEST} bytes") };
    is_short.then(|| text.map(str::to_owned)).ok_or_else(why)
}

fn parsed<T: FromStr<Err: Display>>(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, BadFilter> {
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(BadFilter { field, why: error.to_string() }),
    }
}

// === impl Status ===

impl Status {
    fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => status == exact,
            Self::Class(class) => status / 100 == class,
        }
    }
}

impl FromStr for Status {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "must be a status (404), a class of them (4xx), or 0 for no answer";
        match text.as_bytes() {
            [b'0'] => Ok(Self::Exact(0)),
            [class @ b'1'..=b'9', b'x' | b'X', b'x' | b'X'] => {
                Ok(Self::Class(u16::from(class - b'0')))
            }
            [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] => {
                text.parse().map(Self::Exact).or(Err(EXPECTED))
            }
            _ => Err(EXPECTED),
        }
    }
}

// === impl Blamed ===

impl Blamed {
    fn matches(self, blame: Option<Blame>) -> bool {
        match self {
            Self::Nobody => blame.is_none(),
            Self::Anybody => blame.is_some(),
            Self::Only(only) => blame == Some(only),
        }
    }
}

impl FromStr for Blamed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "none" => Ok(Self::Nobody),
            "any" => Ok(Self::Anybody),
            _ => text
                .parse()
                .map(Self::Only)
                .or(Err("must be one of: client, exit, target, node, any, none")),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::samples;

    fn wanted(field: &str, value: &str) -> Wanted {
        serde_json::from_value(serde_json::json!({ field: value })).unwrap()
    }

    #[test]
    fn each_part_keeps_what_fits_and_nothing_else() {
        let mut failure = samples::failure();
        failure.project = samples::exchange().project;
        let entry = Entry::of(&failure, Uuid::from_u128(1), &"node1".into());
        let id = |id: Option<&dyn Display>| id.unwrap().to_string();
        let project = id(entry.project.as_ref().map(|id| id as _));
        let exit = id(entry.exit.as_ref().map(|id| id as _));
        let connector = id(entry.connector.as_ref().map(|id| id as _));
        let stranger = ProxyId::new().to_string();
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("node", &["node1"], &["node2"]),
            ("project", &[&project], &[&stranger]),
            ("connector", &[&connector], &[&stranger]),
            ("exit", &[&exit], &[&stranger]),
            ("country", &["DE", "de"], &["us"]),
            ("host", &["example.com", "*.example.com", "=shop.example.com"], &["=example.com"]),
            ("method", &["GET"], &["get", "POST"]),
            ("kind", &["http"], &["connect"]),
            ("status", &["502", "5xx"], &["503", "2xx", "0"]),
            ("blame", &["exit", "any"], &["none", "target"]),
            ("session", &["cart-1"], &["cart"]),
            ("text", &["SHOP.exa", "refused", "cart", "127.0.0.1", ""], &["nowhere"]),
            ("since", &["2023-11-14T22:13:20Z"], &["2023-11-14T22:13:21Z"]),
            ("until", &["2023-11-14T22:13:21Z"], &["2023-11-14T22:13:20Z"]),
        ];
        let fits =
            |field: &str, text: &&str| Filter::parse(&wanted(field, text)).unwrap().matches(&entry);
        for (field, fitting, others) in cases {
            assert!(fitting.iter().all(|text| fits(field, text)), "{field} of {fitting:?}");
            assert!(!others.iter().any(|text| fits(field, text)), "{field} of {others:?}");
        }
        assert!(Filter::default().matches(&entry));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let long = "x".repeat(LONGEST + 1);
        let bad = [
            ("project", "1"),
            ("exit", "x"),
            ("country", "Germany"),
            ("host", "exa mple"),
            ("kind", "ftp"),
            ("status", "4x"),
            ("status", "000"),
            ("blame", "me"),
            ("since", "yesterday"),
            ("text", &long),
        ];
        for (field, text) in bad {
            let error = Filter::parse(&wanted(field, text)).unwrap_err();
            assert_eq!(error.field, field, "{error}");
        }
    }
}
