//! A project as its `spec` column has it.

mod interception;
mod ban;
mod rewrites;
mod inspection;

use model::policy::SessionPolicy;
use model::project::ProjectSpec;
use serde::{Deserialize, Serialize};

use self::ban::StoredBan;
use self::inspection::StoredInspection;
use self::interception::StoredInterception;
use self::rewrites::StoredRewrites;
use super::Result;
use crate::stored::{StoredCap, parse, parse_all, seconds, texts};

/// The columns that no statement looks into.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    description: String,
    enabled: bool,
    strategy: String,
    rotate: String,
    session_ttl_seconds: Option<u64>,
    session_idle_seconds: u64,
    session_lost: String,
    max_retries: u8,
    /// Younger than the first installations.
    #[serde(default)]
    max_in_flight: Option<u32>,
    connection_timeout_seconds: u64,
    response_timeout_seconds: u64,
    tunnel_idle_timeout_seconds: u64,
    hedge: bool,
    reveal_exit: bool,
    health_check_interval_seconds: u64,
    health_check_timeout_seconds: u64,
    health_check_url: Option<String>,
    source_cidrs: Vec<String>,
    domain_allow: Vec<String>,
    domain_deny: Vec<String>,
    connect_ports: Vec<u16>,
    allow_targets: Vec<String>,
    dialect: String,
    // Younger than the first installations, all six.
    #[serde(default)]
    interception: StoredInterception,
    #[serde(default)]
    bans: Vec<StoredBan>,
    #[serde(default)]
    rewrites: StoredRewrites,
    #[serde(default)]
    inspection: StoredInspection,
    #[serde(default)]
    caps: Vec<StoredCap>,
    #[serde(default)]
    usage_retention_days: Option<u32>,
}

impl From<&ProjectSpec> for Stored {
    fn from(spec: &ProjectSpec) -> Self {
        Self {
            description: spec.description.clone(),
            enabled: spec.enabled,
            strategy: spec.strategy.to_string(),
            rotate: spec.rotate.to_string(),
            session_ttl_seconds: spec.session.ttl.map(|ttl| ttl.as_secs()),
            session_idle_seconds: spec.session.idle.as_secs(),
            session_lost: spec.session.lost.to_string(),
            max_retries: spec.max_retries,
            max_in_flight: spec.max_in_flight,
            connection_timeout_seconds: spec.connection_timeout.as_secs(),
            response_timeout_seconds: spec.response_timeout.as_secs(),
            tunnel_idle_timeout_seconds: spec.tunnel_idle_timeout.as_secs(),
            hedge: spec.hedge,
            reveal_exit: spec.reveal_exit,
            health_check_interval_seconds: spec.health_check_interval.as_secs(),
            health_check_timeout_seconds: spec.health_check_timeout.as_secs(),
            health_check_url: spec.health_check_url.clone(),
            source_cidrs: texts(&spec.source_cidrs),
            domain_allow: texts(&spec.domain_allow),
            domain_deny: texts(&spec.domain_deny),
            connect_ports: spec.connect_ports.clone(),
            allow_targets: texts(&spec.allow_targets),
            dialect: spec.dialect.to_string(),
            interception: StoredInterception::from(&spec.interception),
            bans: spec.bans.iter().map(StoredBan::from).collect(),
            rewrites: StoredRewrites::from(&spec.rewrites),
            inspection: StoredInspection::from(spec.inspection),
            caps: spec.caps.iter().map(StoredCap::from).collect(),
            usage_retention_days: spec.usage_retention_days,
        }
    }
}

impl Stored {
    pub(super) fn complete(self, bare: ProjectSpec) -> Result<ProjectSpec> {
        let what = "project";
        Ok(ProjectSpec {
            description: self.description,
            enabled: self.enabled,
            strategy: parse(what, &self.strategy)?,
            rotate: parse(what, &self.rotate)?,
            session: SessionPolicy {
                ttl: self.session_ttl_seconds.map(seconds),
                idle: seconds(self.session_idle_seconds),
                lost: parse(what, &self.session_lost)?,
            },
            max_retries: self.max_retries,
            max_in_flight: self.max_in_flight,
            connection_timeout: seconds(self.connection_timeout_seconds),
            response_timeout: seconds(self.response_timeout_seconds),
            tunnel_idle_timeout: seconds(self.tunnel_idle_timeout_seconds),
            hedge: self.hedge,
            reveal_exit: self.reveal_exit,
            health_check_interval: seconds(self.health_check_interval_seconds),
            health_check_timeout: seconds(self.health_check_timeout_seconds),
            health_check_url: self.health_check_url,
            source_cidrs: parse_all(what, &self.source_cidrs)?,
            domain_allow: parse_all(what, &self.domain_allow)?,
            domain_deny: parse_all(what, &self.domain_deny)?,
            connect_ports: self.connect_ports,
            allow_targets: parse_all(what, &self.allow_targets)?,
            dialect: parse(what, &self.dialect)?,
            interception: self.interception.complete()?,
            bans: self.bans.into_iter().map(StoredBan::complete).collect::<Result<_>>()?,
            rewrites: self.rewrites.complete()?,
            inspection: self.inspection.complete(),
            caps: self.caps.into_iter().map(StoredCap::complete).collect::<Result<_>>()?,
            usage_retention_days: self.usage_retention_days,
            ..bare
        })
    }
}

#[cfg(test)]
mod tests {
    use model::interception::{Browser, Mode};
    use model::login::PasswordDigest;

    use super::*;

    /// As the first version wrote it, word for word: projects of that age must load for ever.
    const FIRST: &str = r#"{"description":"","enabled":true,"strategy":"round_robin",
        "rotate":"auto","session_ttl_seconds":null,"session_idle_seconds":300,
        "session_lost":"any","max_retries":3,"connection_timeout_seconds":30,
        "response_timeout_seconds":60,"tunnel_idle_timeout_seconds":900,"hedge":true,
        "reveal_exit":true,"health_check_interval_seconds":60,"health_check_timeout_seconds":30,
        "health_check_url":null,"source_cidrs":[],"domain_allow":[],"domain_deny":[],
        "connect_ports":[80,443],"allow_targets":[],"dialect":"native"}"#;

    fn bare() -> ProjectSpec {
        ProjectSpec::new("p".into(), "p".into(), PasswordDigest::from_bytes([0; 32]))
    }

    #[test]
    fn a_project_of_the_first_version_has_the_defaults_of_what_came_later() {
        let stored: Stored = serde_json::from_str(FIRST).unwrap();
        let spec = stored.complete(bare()).unwrap();
        assert_eq!(format!("{spec:?}"), format!("{:?}", bare()));
    }

    #[test]
    fn what_a_part_does_not_mention_has_its_default() {
        let partly = FIRST.replacen(
            '{',
            r#"{"interception":{"mode":"plain"},"inspection":{"keep":5},"rewrites":{},"#,
            1,
        );
        let stored: Stored = serde_json::from_str(&partly).unwrap();
        let spec = stored.complete(bare()).unwrap();
        assert_eq!(
            (spec.interception.mode, spec.interception.browser, spec.inspection.keep),
            (Mode::Plain, Browser::Chrome, 5)
        );
    }
}
