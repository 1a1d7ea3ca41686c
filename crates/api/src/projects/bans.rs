//! Ban rules of a project, as a client sees them.

use std::collections::HashSet;

use model::ban::{Actions, BanRule, Signs};
use rules::Bans;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::texts;
use crate::body::yes;
use crate::check::{Check, DAY};

/// Rules of a project.
const MOST_RULES: usize = 100;
/// Targets of a rule.
const MOST_DOMAINS: usize = 1000;
/// Statuses and ranges of a rule.
const MOST_STATUSES: usize = 64;

/// How a target says that it does not want an exit, and what is done about it. The first rule that
/// matches an answer counts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BanSettings {
    /// 1-64 characters of `[A-Za-z0-9_.-]`, unique in the project: counters are named after it.
    name: String,
    /// A rule that is off matches nothing.
    #[serde(default = "yes")]
    enabled: bool,
    /// Targets that it is about, written as in `domain_allow`; empty: all. Up to 1000.
    #[serde(default)]
    domains: Vec<String>,
    /// How a ban looks. There must be a sign.
    signs: SignSettings,
    /// What is done about it.
    #[serde(default)]
    actions: ActionSettings,
    /// Only counts: answers are delivered as if the rule did not exist.
    #[serde(default)]
    dry_run: bool,
    /// The share of the project's exits, 1-100 %, that the rule may keep from one domain at a time.
    #[serde(default = "third")]
    max_share: u8,
}

/// How a ban looks: all signs that are named must be there. Expressions are of the Rust crate
/// `regex`, have up to 1000 bytes and match anywhere unless they are anchored.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SignSettings {
    /// Statuses and ranges of them: `403`, `500-599`. Up to 64.
    status: Vec<String>,
    /// A field of the answer.
    header: Option<HeaderSign>,
    /// An expression that the target of a redirect (`Location` of a 3xx) matches.
    redirect: Option<String>,
    /// Bytes of content as they are sent.
    size: Option<SizeSign>,
    /// An expression that the beginning of the content matches: up to 65,536 bytes of it, decoded
    /// (gzip, deflate, br, zstd).
    body: Option<String>,
}

/// A field of an answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderSign {
    /// Its name, whatever the case.
    name: String,
    /// An expression that its value matches; without one the field is enough.
    #[serde(default)]
    value: String,
}

/// A range of sizes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SizeSign {
    /// The least.
    #[serde(default)]
    least: u64,
    /// The most; `null`: any.
    #[serde(default)]
    most: Option<u64>,
}

/// What is done about a ban.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ActionSettings {
    /// The request is tried through another exit, where it may be sent again. Default: yes.
    retry: bool,
    /// The exit is kept from the domain for so long; twice as long with each further ban there, up
    /// to a day: 1-86400.
    mark_seconds: Option<u64>,
    /// The exit rests altogether for so long: 1-86400.
    quarantine_seconds: Option<u64>,
    /// The session is bound to another exit from the next request on.
    rotate_session: bool,
    /// Written into the record of the exchange: up to 64 characters.
    tag: Option<String>,
    /// Requests that may change something at the target (POST, PATCH) are tried again, too.
    replay_unsafe: bool,
}

fn third() -> u8 {
    33
}

impl Default for ActionSettings {
    fn default() -> Self {
        Self::from(Actions { retry: true, ..Actions::default() })
    }
}

impl From<Actions> for ActionSettings {
    fn from(actions: Actions) -> Self {
        Self {
            retry: actions.retry,
            mark_seconds: actions.mark.map(|time| time.as_secs()),
            quarantine_seconds: actions.quarantine.map(|time| time.as_secs()),
            rotate_session: actions.rotate_session,
            tag: actions.tag,
            replay_unsafe: actions.replay_unsafe,
        }
    }
}

impl From<Signs> for SignSettings {
    fn from(signs: Signs) -> Self {
        let status = signs.status.iter().map(|(first, last)| {
            if first == last { first.to_string() } else { format!("{first}-{last}") }
        });
        Self {
            status: status.collect(),
            header: signs.header.map(|(name, value)| HeaderSign { name, value }),
            redirect: signs.redirect,
            size: signs
                .size
                .map(|(least, most)| SizeSign { least, most: (most != u64::MAX).then_some(most) }),
            body: signs.body,
        }
    }
}

impl From<BanRule> for BanSettings {
    fn from(rule: BanRule) -> Self {
        Self {
            name: rule.name,
            enabled: rule.enabled,
            domains: texts(&rule.domains),
            signs: rule.signs.into(),
            actions: rule.actions.into(),
            dry_run: rule.dry_run,
            max_share: rule.max_share,
        }
    }
}

/// Checks a list of rules that stands under `list`.
pub(super) fn checked(settings: Vec<BanSettings>, list: &str, check: &mut Check) -> Vec<BanRule> {
    check.count(list, settings.len(), MOST_RULES);
    let mut names = HashSet::new();
    let rules = settings.into_iter().take(MOST_RULES).enumerate().map(|(n, rule)| {
        let place = format!("{list}/{n}");
        if !names.insert(rule.name.clone()) {
            check.fail(&format!("{place}/name"), "is the name of an earlier rule");
        }
        rule.checked(&place, check)
    });
    let rules: Vec<_> = rules.collect();
    for bad in Bans::compile(&rules).err().into_iter().flat_map(|bad| bad.0) {
        check.fail(&format!("{list}/{}", bad.place), bad.why);
    }
    rules
}

impl BanSettings {
    /// Checks everything but what makes a sign: that is for `rules` to say.
    fn checked(self, place: &str, check: &mut Check) -> BanRule {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if !(1..=64).contains(&self.name.len()) || !self.name.bytes().all(allowed) {
            check.fail(&format!("{place}/name"), "must be 1-64 characters of A-Z a-z 0-9 _ . -");
        }
        check.range(&format!("{place}/max_share"), self.max_share, (1, 100));
        BanRule {
            name: self.name,
            enabled: self.enabled,
            domains: check.parse_all(&format!("{place}/domains"), &self.domains, MOST_DOMAINS),
            signs: self.signs.checked(&format!("{place}/signs"), check),
            actions: self.actions.checked(&format!("{place}/actions"), check),
            dry_run: self.dry_run,
            max_share: self.max_share,
        }
    }
}

impl SignSettings {
    fn checked(self, place: &str, check: &mut Check) -> Signs {
        check.count(&format!("{place}/status"), self.status.len(), MOST_STATUSES);
        let status = self.status.iter().take(MOST_STATUSES).enumerate().map(|(n, text)| {
            range(text).unwrap_or_else(|| {
                let why = "must be a status such as 403, or a range such as 500-599";
                check.fail(&format!("{place}/status/{n}"), why);
                (100, 100)
            })
        });
        Signs {
            status: status.collect(),
            header: self.header.map(|header| (header.name, header.value)),
            redirect: self.redirect,
            size: self.size.map(|size| (size.least, size.most.unwrap_or(u64::MAX))),
            body: self.body,
        }
    }
}

/// `403`, `500-599`.
fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits)
    };
    Some((number(first)?, number(last)?))
}

impl ActionSettings {
    fn checked(self, place: &str, check: &mut Check) -> Actions {
        let mut time = |field: &str, seconds: Option<u64>| {
            seconds.map(|seconds| check.seconds(&format!("{place}/{field}"), seconds, (1, DAY)))
        };
        let mark = time("mark_seconds", self.mark_seconds);
        let quarantine = time("quarantine_seconds", self.quarantine_seconds);
        if let Some(tag) = &self.tag {
            let field = format!("{place}/tag");
            check.text(&field, tag, 64);
            if tag.is_empty() || tag.chars().any(char::is_control) {
                check.fail(&field, "must not be empty, or have control characters");
            }
        }
        Actions {
            retry: self.retry,
            mark,
            quarantine,
            rotate_session: self.rotate_session,
            tag: self.tag,
            replay_unsafe: self.replay_unsafe,
        }
    }
}
