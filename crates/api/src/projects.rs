//! What a project looks like to a client.

mod interception;
mod bans;
mod rewrites;
mod inspection;
pub(crate) mod endpoints;
pub(crate) mod trial;
pub(crate) mod explain;

use model::policy::{Dialect, Lost, Rotate, SessionPolicy, Strategy};
use model::project::ProjectSpec;
use model::{Counters, Project};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::yes;
use crate::check::{Check, DAY};
use crate::noun::created_at;
use crate::problem::Answer;
use crate::projects::bans::BanSettings;
use crate::projects::inspection::InspectionSettings;
use crate::projects::interception::InterceptionSettings;
use crate::projects::rewrites::RewriteSettings;
use crate::state::State;
use crate::usage::caps::{self, CapSettings};

/// What an operator decides about a project.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectSettings {
    /// 1-255 characters, unique whatever the case.
    pub(crate) name: String,
    #[serde(default)]
    description: String,
    /// A project that is off answers 503 and dials nothing.
    #[serde(default = "yes")]
    enabled: bool,
    /// The account in the proxy login: 1-255 of `[A-Za-z0-9_.~@-]`, unique.
    username: String,
    /// The password in the proxy login: 8-255 bytes. Write-only; must be there at creation.
    #[serde(default, skip_serializing)]
    #[schema(write_only)]
    password: Option<String>,
    /// `round_robin`, `least_used`, `random`, `sticky`, `health_based`.
    #[serde(default = "strategy")]
    strategy: String,
    /// `auto`, `request`, `tunnel`, a number of requests, or a time as in `10m`.
    #[serde(default = "rotate")]
    rotate: String,
    /// A session keeps its exit so long at most; `null`: without end.
    #[serde(default)]
    session_ttl_seconds: Option<u64>,
    /// A session keeps its exit so long after its latest request.
    #[serde(default = "session_idle")]
    session_idle_seconds: u64,
    /// When its exit is lost, a session fails (`fail`), moves within the country (`country`), or
    /// moves (`any`).
    #[serde(default = "session_lost")]
    session_lost: String,
    /// Further exits to try after the first has failed: 0-10.
    #[serde(default = "three")]
    max_retries: u8,
    /// Requests and tunnels of its clients at a time, on each node: 1-1,000,000; what comes on top
    /// is answered 429. Without it: as many as the node has room for.
    #[serde(default)]
    max_in_flight: Option<u32>,
    /// For all attempts together to reach the target: 1-300.
    #[serde(default = "half_minute")]
    connection_timeout_seconds: u64,
    /// For the head of an answer to begin: 1-3600.
    #[serde(default = "minute")]
    response_timeout_seconds: u64,
    /// A silent tunnel is closed after this: 1-86400.
    #[serde(default = "quarter_hour")]
    tunnel_idle_timeout_seconds: u64,
    /// Whether a second exit is dialled when the first is slower than usual.
    #[serde(default = "yes")]
    hedge: bool,
    /// Whether answers tell which exit they came through (`Octoprox-Exit` and its kin).
    #[serde(default = "yes")]
    reveal_exit: bool,
    /// Between two probes of one exit: 1-86400.
    #[serde(default = "minute")]
    health_check_interval_seconds: u64,
    /// For one probe: 1-300.
    #[serde(default = "half_minute")]
    health_check_timeout_seconds: u64,
    /// What probes ask for; `null`: only that the exit takes us.
    #[serde(default)]
    health_check_url: Option<String>,
    /// Clients from these networks need no password: up to 256.
    #[serde(default)]
    source_cidrs: Vec<String>,
    /// Targets that clients may ask for; empty: all. `example.com` and what is below it,
    /// `*.example.com` what is below, `=example.com` the name alone, addresses. Up to 10,000.
    #[serde(default)]
    domain_allow: Vec<String>,
    /// Targets that clients may not ask for.
    #[serde(default)]
    domain_deny: Vec<String>,
    /// Ports that CONNECT may ask for; empty: all.
    #[serde(default = "connect_ports")]
    connect_ports: Vec<u16>,
    /// Non-public addresses that clients may ask for all the same: `10.0.0.0/8`,
    /// `127.0.0.1:8081`. Up to 256.
    #[serde(default)]
    allow_targets: Vec<String>,
    /// The grammar of usernames: `native`, or a vendor's.
    #[serde(default = "dialect")]
    dialect: String,
    /// Whether and how the TLS inside of tunnels is ended here.
    #[serde(default)]
    interception: InterceptionSettings,
    /// How targets say that they do not want an exit. The first rule that matches an answer counts.
    /// Up to 100.
    #[serde(default)]
    bans: Vec<BanSettings>,
    /// What is changed in requests and answers.
    #[serde(default)]
    rewrites: RewriteSettings,
    /// Which exchanges are recorded.
    #[serde(default)]
    inspection: InspectionSettings,
    /// How much traffic it may have. Up to 8.
    #[serde(default)]
    caps: Vec<CapSettings>,
    /// Days after which its usage is deleted: 1-36500. `null`: never.
    #[serde(default)]
    usage_retention_days: Option<u32>,
}

fn three() -> u8 {
    3
}
fn half_minute() -> u64 {
    30
}
fn minute() -> u64 {
    60
}
fn quarter_hour() -> u64 {
    900
}
fn session_idle() -> u64 {
    SessionPolicy::default().idle.as_secs()
}
fn session_lost() -> String {
    Lost::Any.to_string()
}
fn strategy() -> String {
    Strategy::RoundRobin.to_string()
}
fn rotate() -> String {
    Rotate::Auto.to_string()
}
fn connect_ports() -> Vec<u16> {
    vec![80, 443]
}
fn dialect() -> String {
    Dialect::Native.to_string()
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectView {
    id: String,
    version: u64,
    /// The change that wrote it last.
    revision: u64,
    created_at: Option<String>,
    #[serde(flatten)]
    settings: ProjectSettings,
    /// What this node has relayed for it since its start.
    live: CountersView,
}

/// What has gone through.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountersView {
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    /// Towards targets.
    pub(crate) bytes_sent: u64,
    /// From targets.
    pub(crate) bytes_received: u64,
    /// To the opened tunnel or the head of the answer, over all successes; `null`: none yet.
    pub(crate) average_latency_ms: Option<f64>,
}

impl From<Counters> for CountersView {
    #[expect(clippy::cast_precision_loss, reason = "an average that people read")]
    fn from(counters: Counters) -> Self {
        let successes = counters.requests.saturating_sub(counters.failures);
        let total = counters.latency_microseconds as f64 / 1000.0;
        Self {
            requests: counters.requests,
            failures: counters.failures,
            bytes_sent: counters.bytes_sent,
            bytes_received: counters.bytes_received,
            average_latency_ms: (successes > 0).then(|| total / successes as f64),
        }
    }
}

impl ProjectView {
    pub(crate) fn of(state: &State, project: Project) -> Self {
        Self {
            id: project.id.to_string(),
            version: project.version.0,
            revision: project.revision.0,
            created_at: created_at(project.id.uuid()),
            live: state.live.project(project.id).into(),
            settings: ProjectSettings::from(project.spec),
        }
    }
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

impl From<ProjectSpec> for ProjectSettings {
    fn from(spec: ProjectSpec) -> Self {
        Self {
            name: spec.name,
            description: spec.description,
            enabled: spec.enabled,
            username: spec.username,
            password: None,
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
            health_check_url: spec.health_check_url,
            source_cidrs: texts(&spec.source_cidrs),
            domain_allow: texts(&spec.domain_allow),
            domain_deny: texts(&spec.domain_deny),
            connect_ports: spec.connect_ports,
            allow_targets: texts(&spec.allow_targets),
            dialect: spec.dialect.to_string(),
            interception: spec.interception.into(),
            bans: spec.bans.into_iter().map(BanSettings::from).collect(),
            rewrites: spec.rewrites.into(),
            inspection: spec.inspection.into(),
            caps: spec.caps.into_iter().map(CapSettings::from).collect(),
            usage_retention_days: spec.usage_retention_days,
        }
    }
}

impl ProjectSettings {
    /// Checks every field. Without a password the one of `current` stays.
    fn spec(self, state: &State, current: Option<&ProjectSpec>) -> Answer<ProjectSpec> {
        let mut check = Check::default();
        self.check_login(&mut check, current.is_none());
        check.text("description", &self.description, 4096);
        check.range("max_retries", self.max_retries, (0, 10));
        check.range("max_in_flight", self.max_in_flight.unwrap_or(1), (1, 1_000_000));
        check.range("usage_retention_days", self.usage_retention_days.unwrap_or(1), (1, 36_500));
        check.url("health_check_url", self.health_check_url.as_deref());
        if self.connect_ports.contains(&0) || self.connect_ports.len() > 1024 {
            check.fail("connect_ports", "must be at most 1024 ports from 1 to 65535");
        }
        let digest = match (&self.password, current) {
            (None, Some(current)) => current.password,
            (given, _) => {
                let given = given.as_deref().unwrap_or_default();
                state.store.vault().login_key().digest(given.as_bytes())
            }
        };
        let bare = ProjectSpec::new(self.name.clone(), self.username.clone(), digest);
        let timed = self.timed(&mut check, bare);
        let spec = ProjectSpec {
            session: self.session(&mut check),
            strategy: check.parse("strategy", &self.strategy).unwrap_or(timed.strategy),
            rotate: check.parse("rotate", &self.rotate).unwrap_or_default(),
            dialect: check.parse("dialect", &self.dialect).unwrap_or(timed.dialect),
            source_cidrs: check.parse_all("source_cidrs", &self.source_cidrs, 256),
            domain_allow: check.parse_all("domain_allow", &self.domain_allow, 10_000),
            domain_deny: check.parse_all("domain_deny", &self.domain_deny, 10_000),
            allow_targets: check.parse_all("allow_targets", &self.allow_targets, 256),
            description: self.description,
            enabled: self.enabled,
            max_retries: self.max_retries,
            max_in_flight: self.max_in_flight,
            hedge: self.hedge,
            reveal_exit: self.reveal_exit,
            health_check_url: self.health_check_url,
            connect_ports: self.connect_ports,
            interception: self.interception.checked(state.settings.browsers, &mut check),
            bans: bans::checked(self.bans, "bans", &mut check),
            rewrites: self.rewrites.checked(&mut check),
            inspection: self.inspection.checked(&mut check),
            caps: caps::checked(self.caps, &mut check),
            usage_retention_days: self.usage_retention_days,
            ..timed
        };
        check.done(spec)
    }

    /// Every time that there is a limit to.
    fn timed(&self, check: &mut Check, bare: ProjectSpec) -> ProjectSpec {
        let mut time = |field, seconds, most| check.seconds(field, seconds, (1, most));
        let interval = self.health_check_interval_seconds;
        let idle = self.tunnel_idle_timeout_seconds;
        ProjectSpec {
            connection_timeout: time(
                "connection_timeout_seconds",
                self.connection_timeout_seconds,
                300,
            ),
            response_timeout: time("response_timeout_seconds", self.response_timeout_seconds, 3600),
            tunnel_idle_timeout: time("tunnel_idle_timeout_seconds", idle, DAY),
            health_check_interval: time("health_check_interval_seconds", interval, DAY),
            health_check_timeout: time(
                "health_check_timeout_seconds",
                self.health_check_timeout_seconds,
                300,
            ),
            ..bare
        }
    }

    fn check_login(&self, check: &mut Check, is_new: bool) {
        check.name("name", &self.name);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.~@-".contains(&byte);
        let username = self.username.as_bytes();
        if !(1..=255).contains(&username.len()) || !username.iter().copied().all(allowed) {
            check.fail("username", "must be 1-255 characters of A-Z a-z 0-9 _ . ~ @ -");
        }
        match &self.password {
            None if is_new => check.fail("password", "must be given"),
            Some(password) if !(8..=255).contains(&password.len()) => {
                check.fail("password", "must have 8-255 bytes");
            }
            _ => {}
        }
    }

    fn session(&self, check: &mut Check) -> SessionPolicy {
        let ttl = self.session_ttl_seconds;
        SessionPolicy {
            ttl: ttl.map(|ttl| check.seconds("session_ttl_seconds", ttl, (1, 30 * DAY))),
            idle: check.seconds("session_idle_seconds", self.session_idle_seconds, (1, 30 * DAY)),
            lost: check.parse("session_lost", &self.session_lost).unwrap_or(Lost::Any),
        }
    }
}
