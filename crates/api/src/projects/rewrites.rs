//! What a project changes in messages, as a client sees it.

use model::Rewrites;
use model::rewrite::{Block, FieldChange, UserAgent};
use rules::Rewriting;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::texts;
use crate::check::Check;

/// Changes in each direction.
const MOST_CHANGES: usize = 64;
/// Blocks.
const MOST_BLOCKS: usize = 256;
/// Entries of each list of a block.
const MOST_PATTERNS: usize = 256;

/// What is changed in requests and answers, plain or intercepted.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RewriteSettings {
    /// Changes of a request's fields, one after another. Up to 64. Fields that frame a message,
    /// belong to one hop or are ours cannot be changed.
    request: Vec<Change>,
    /// Changes of an answer's fields. Up to 64.
    response: Vec<Change>,
    /// What stands in `User-Agent`.
    user_agent: UserAgentSettings,
    /// What is answered here, with 403, instead of being asked for. Up to 256.
    block: Vec<BlockSettings>,
}

/// A change of one field.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Change {
    /// In the place of every field of that name, or behind the others, stands this one.
    Set {
        /// 1-128 characters.
        name: String,
        /// Up to 4096 bytes.
        value: String,
    },
    /// No field of that name is left.
    Remove {
        /// 1-128 characters.
        name: String,
    },
}

/// What stands in `User-Agent`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UserAgentSettings {
    /// `keep`: what the client sent. `fixed`: the one value. `session`: one of the values for each
    /// session, and without one for each connection of a client. `request`: one of them for each
    /// request, by chance. Default: `keep`.
    mode: String,
    /// One value of `fixed`, 1-256 of `session` and `request`; not looked at by `keep`.
    values: Vec<String>,
}

/// Requests that are answered here. All lists that are not empty must match; one must not be empty.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockSettings {
    /// Targets, written as in `domain_allow`. Up to 256.
    #[serde(default)]
    hosts: Vec<String>,
    /// Patterns of the path without its query, `*` for any characters: `/ads/*`, `*.mp4`. Up to
    /// 256, of 1-256 bytes.
    #[serde(default)]
    paths: Vec<String>,
    /// Patterns of `Content-Type` without parameters: `image/*`. Up to 256. With these an answer is
    /// cut off before its content, because its type is known only then.
    #[serde(default)]
    content_types: Vec<String>,
}

impl Default for UserAgentSettings {
    fn default() -> Self {
        Self::from(UserAgent::Keep)
    }
}

impl From<UserAgent> for UserAgentSettings {
    fn from(user_agent: UserAgent) -> Self {
        let (mode, values) = match user_agent {
            UserAgent::Keep => ("keep", Vec::new()),
            UserAgent::Fixed(value) => ("fixed", vec![value]),
            UserAgent::Session(values) => ("session", values),
            UserAgent::Request(values) => ("request", values),
        };
        Self { mode: mode.to_owned(), values }
    }
}

impl From<FieldChange> for Change {
    fn from(change: FieldChange) -> Self {
        match change {
            FieldChange::Set { name, value } => Self::Set { name, value },
            FieldChange::Remove { name } => Self::Remove { name },
        }
    }
}

impl From<Change> for FieldChange {
    fn from(change: Change) -> Self {
        match change {
            Change::Set { name, value } => Self::Set { name, value },
            Change::Remove { name } => Self::Remove { name },
        }
    }
}

impl From<Rewrites> for RewriteSettings {
    fn from(rewrites: Rewrites) -> Self {
        let block = rewrites.block.into_iter().map(|block| BlockSettings {
            hosts: texts(&block.hosts),
            paths: block.paths,
            content_types: block.content_types,
        });
        Self {
            request: rewrites.request.into_iter().map(Change::from).collect(),
            response: rewrites.response.into_iter().map(Change::from).collect(),
            user_agent: rewrites.user_agent.into(),
            block: block.collect(),
        }
    }
}

impl RewriteSettings {
    /// Checks every field.
    pub(super) fn checked(self, check: &mut Check) -> Rewrites {
        let mut changes = |field: &str, list: Vec<Change>| {
            check.count(field, list.len(), MOST_CHANGES);
            list.into_iter().take(MOST_CHANGES).map(FieldChange::from).collect()
        };
        let request = changes("rewrites/request", self.request);
        let response = changes("rewrites/response", self.response);
        check.count("rewrites/block", self.block.len(), MOST_BLOCKS);
        let blocks = self.block.into_iter().take(MOST_BLOCKS).enumerate();
        let block = blocks.map(|(n, block)| block.checked(n, check)).collect();
        let user_agent = self.user_agent.checked(check);
        let rewrites = Rewrites { request, response, user_agent, block };
        for bad in Rewriting::compile(&rewrites).err().into_iter().flat_map(|bad| bad.0) {
            check.fail(&format!("rewrites/{}", bad.place), bad.why);
        }
        rewrites
    }
}

impl UserAgentSettings {
    fn checked(self, check: &mut Check) -> UserAgent {
        match (&*self.mode, self.values) {
            ("keep", _) => UserAgent::Keep,
            ("session", values) => UserAgent::Session(values),
            ("request", values) => UserAgent::Request(values),
            ("fixed", values) => match <[String; 1]>::try_from(values) {
                Ok([value]) => UserAgent::Fixed(value),
                Err(_many) => {
                    check.fail("rewrites/user_agent/values", "must have one entry");
                    UserAgent::Keep
                }
            },
            _ => {
                let why = "must be one of: keep, fixed, session, request";
                check.fail("rewrites/user_agent/mode", why);
                UserAgent::Keep
            }
        }
    }
}

impl BlockSettings {
    fn checked(self, n: usize, check: &mut Check) -> Block {
        let place = format!("rewrites/block/{n}");
        check.count(&format!("{place}/paths"), self.paths.len(), MOST_PATTERNS);
        check.count(&format!("{place}/content_types"), self.content_types.len(), MOST_PATTERNS);
        Block {
            hosts: check.parse_all(&format!("{place}/hosts"), &self.hosts, MOST_PATTERNS),
            paths: self.paths,
            content_types: self.content_types,
        }
    }
}
