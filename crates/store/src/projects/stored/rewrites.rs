//! Rewrites as they are stored.

use model::rewrite::{Block, FieldChange, Rewrites, UserAgent};
use serde::{Deserialize, Serialize};

use crate::projects::Result;
use crate::stored::{parse_all, texts};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredRewrites {
    request: Vec<StoredChange>,
    response: Vec<StoredChange>,
    user_agent: StoredUserAgent,
    block: Vec<StoredBlock>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredChange {
    Set { name: String, value: String },
    Remove { name: String },
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredUserAgent {
    #[default]
    Keep,
    Fixed(String),
    Session(Vec<String>),
    Request(Vec<String>),
}

#[derive(Serialize, Deserialize)]
struct StoredBlock {
    hosts: Vec<String>,
    paths: Vec<String>,
    content_types: Vec<String>,
}

impl From<&Rewrites> for StoredRewrites {
    fn from(rewrites: &Rewrites) -> Self {
        let changes = |list: &[FieldChange]| list.iter().cloned().map(StoredChange::from).collect();
        let block = rewrites.block.iter().map(|block| StoredBlock {
            hosts: texts(&block.hosts),
            paths: block.paths.clone(),
            content_types: block.content_types.clone(),
        });
        Self {
            request: changes(&rewrites.request),
            response: changes(&rewrites.response),
            user_agent: match rewrites.user_agent.clone() {
                UserAgent::Keep => StoredUserAgent::Keep,
                UserAgent::Fixed(value) => StoredUserAgent::Fixed(value),
                UserAgent::Session(values) => StoredUserAgent::Session(values),
                UserAgent::Request(values) => StoredUserAgent::Request(values),
            },
            block: block.collect(),
        }
    }
}

impl StoredRewrites {
    pub(super) fn complete(self) -> Result<Rewrites> {
        let changes =
            |list: Vec<StoredChange>| list.into_iter().map(FieldChange::from).collect::<Vec<_>>();
        let blocks = self.block.into_iter().map(|block| {
            let hosts = parse_all("project", &block.hosts)?;
            Ok(Block { hosts, paths: block.paths, content_types: block.content_types })
        });
        Ok(Rewrites {
            request: changes(self.request),
            response: changes(self.response),
            user_agent: match self.user_agent {
                StoredUserAgent::Keep => UserAgent::Keep,
                StoredUserAgent::Fixed(value) => UserAgent::Fixed(value),
                StoredUserAgent::Session(values) => UserAgent::Session(values),
                StoredUserAgent::Request(values) => UserAgent::Request(values),
            },
            block: blocks.collect::<Result<_>>()?,
        })
    }
}

impl From<FieldChange> for StoredChange {
    fn from(change: FieldChange) -> Self {
        match change {
            FieldChange::Set { name, value } => Self::Set { name, value },
            FieldChange::Remove { name } => Self::Remove { name },
        }
    }
}

impl From<StoredChange> for FieldChange {
    fn from(change: StoredChange) -> Self {
        match change {
            StoredChange::Set { name, value } => Self::Set { name, value },
            StoredChange::Remove { name } => Self::Remove { name },
        }
    }
}
