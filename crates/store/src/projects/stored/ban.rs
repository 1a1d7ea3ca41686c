//! A ban rule as it is stored.

use model::ban::{Actions, BanRule, Signs};
use serde::{Deserialize, Serialize};

use crate::projects::Result;
use crate::stored::{parse_all, seconds, texts};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredBan {
    name: String,
    enabled: bool,
    domains: Vec<String>,
    signs: StoredSigns,
    actions: StoredActions,
    dry_run: bool,
    max_share: u8,
}

#[derive(Serialize, Deserialize)]
struct StoredSigns {
    status: Vec<(u16, u16)>,
    header: Option<(String, String)>,
    redirect: Option<String>,
    size: Option<(u64, u64)>,
    body: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredActions {
    retry: bool,
    mark_seconds: Option<u64>,
    quarantine_seconds: Option<u64>,
    rotate_session: bool,
    tag: Option<String>,
    replay_unsafe: bool,
}

impl From<&BanRule> for StoredBan {
    fn from(rule: &BanRule) -> Self {
        let Signs { status, header, redirect, size, body } = rule.signs.clone();
        let actions = &rule.actions;
        Self {
            name: rule.name.clone(),
            enabled: rule.enabled,
            domains: texts(&rule.domains),
            signs: StoredSigns { status, header, redirect, size, body },
            actions: StoredActions {
                retry: actions.retry,
                mark_seconds: actions.mark.map(|time| time.as_secs()),
                quarantine_seconds: actions.quarantine.map(|time| time.as_secs()),
                rotate_session: actions.rotate_session,
                tag: actions.tag.clone(),
                replay_unsafe: actions.replay_unsafe,
            },
            dry_run: rule.dry_run,
            max_share: rule.max_share,
        }
    }
}

impl StoredBan {
    pub(super) fn complete(self) -> Result<BanRule> {
        let StoredSigns { status, header, redirect, size, body } = self.signs;
        let actions = self.actions;
        Ok(BanRule {
            name: self.name,
            enabled: self.enabled,
            domains: parse_all("project", &self.domains)?,
            signs: Signs { status, header, redirect, size, body },
            actions: Actions {
                retry: actions.retry,
                mark: actions.mark_seconds.map(seconds),
                quarantine: actions.quarantine_seconds.map(seconds),
                rotate_session: actions.rotate_session,
                tag: actions.tag,
                replay_unsafe: actions.replay_unsafe,
            },
            dry_run: self.dry_run,
            max_share: self.max_share,
        })
    }
}
