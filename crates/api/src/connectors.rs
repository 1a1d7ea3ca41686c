//! What a connector looks like to a client.

pub(crate) mod endpoints;

use model::Connector;
use model::connector::{ConnectorKind, ConnectorSpec, ResolveAt};
use model::policy::RateLimit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::yes;
use crate::check::{Check, DAY};
use crate::noun::created_at;
use crate::problem::Answer;
use crate::projects::CountersView;
use crate::state::State;
use crate::usage::caps::{self, CapSettings, PriceSettings};

/// What an operator decides about a connector.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectorSettings {
    /// 1-255 characters, unique in the project whatever the case.
    name: String,
    /// `static`: a list that you keep. `direct`: this node dials targets itself.
    #[serde(default = "kind")]
    kind: String,
    /// The account that proxies without a login of their own log in with.
    #[serde(default)]
    credential_id: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    /// Its share among connectors of its tier: 1-100.
    #[serde(default = "one")]
    weight: u8,
    /// Its tier: 0 first, and a later one only when no earlier one has an exit to offer.
    #[serde(default)]
    priority: u8,
    /// Targets it may be used for; empty: all. Up to 10,000.
    #[serde(default)]
    domain_allow: Vec<String>,
    /// Targets it may not be used for.
    #[serde(default)]
    domain_deny: Vec<String>,
    /// The countries that its proxies of unknown country count as being in.
    #[serde(default)]
    countries: Vec<String>,
    /// At most so many requests through one exit.
    #[serde(default)]
    rate_limit: Option<RateLimitSettings>,
    /// At most so many requests in flight through one exit: 1-1,000,000.
    #[serde(default)]
    max_in_flight: Option<u32>,
    /// Who resolves target names: `exit` or `node`.
    #[serde(default = "resolve")]
    resolve: String,
    /// Certificates (PEM) that an `https` exit may present besides publicly trusted ones.
    #[serde(default)]
    ca_pem: Option<String>,
    /// `direct` only: the local address to dial from.
    #[serde(default)]
    source_address: Option<String>,
    /// What its probes ask for, instead of the project's.
    #[serde(default)]
    health_check_url: Option<String>,
    /// What its traffic costs.
    #[serde(default)]
    prices: PriceSettings,
    /// How much traffic it may have, its attempts counted. Up to 8.
    #[serde(default)]
    caps: Vec<CapSettings>,
}

/// At most so many requests through one exit in any window.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimitSettings {
    /// 1 and more.
    max_requests: u32,
    /// 1-86400.
    window_seconds: u64,
    /// How long an exit that reached the limit rests, chosen at random between the two; absent:
    /// until the window has moved on.
    #[serde(default)]
    quarantine_seconds_min: Option<u64>,
    #[serde(default)]
    quarantine_seconds_max: Option<u64>,
    /// Whether a session waits for its resting exit instead of moving to another.
    #[serde(default)]
    sticky_quarantine: bool,
}

fn kind() -> String {
    ConnectorKind::Static.to_string()
}
fn resolve() -> String {
    ResolveAt::Exit.to_string()
}
fn one() -> u8 {
    1
}

/// A connector.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorView {
    id: String,
    project_id: String,
    version: u64,
    revision: u64,
    created_at: Option<String>,
    #[serde(flatten)]
    settings: ConnectorSettings,
    proxy_count: u64,
    /// What this node has sent through it since its start; each attempt counts.
    live: CountersView,
}

impl ConnectorView {
    pub(crate) fn of(state: &State, connector: Connector, proxy_count: u64) -> Self {
        Self {
            id: connector.id.to_string(),
            project_id: connector.project.to_string(),
            version: connector.version.0,
            revision: connector.revision.0,
            created_at: created_at(connector.id.uuid()),
            live: state.live.connector(connector.id).into(),
            settings: ConnectorSettings::from(connector.spec),
            proxy_count,
        }
    }
}

impl From<ConnectorSpec> for ConnectorSettings {
    fn from(spec: ConnectorSpec) -> Self {
        Self {
            name: spec.name,
            kind: spec.kind.to_string(),
            credential_id: spec.credential.map(|id| id.to_string()),
            enabled: spec.enabled,
            weight: spec.weight,
            priority: spec.priority,
            domain_allow: spec.domain_allow.iter().map(ToString::to_string).collect(),
            domain_deny: spec.domain_deny.iter().map(ToString::to_string).collect(),
            countries: spec.countries.iter().map(ToString::to_string).collect(),
            rate_limit: spec.rate_limit.map(RateLimitSettings::from),
            max_in_flight: spec.max_in_flight,
            resolve: spec.resolve.to_string(),
            ca_pem: spec.ca_pem,
            source_address: spec.source_address.map(|address| address.to_string()),
            health_check_url: spec.health_check_url,
            prices: spec.prices.into(),
            caps: spec.caps.into_iter().map(CapSettings::from).collect(),
        }
    }
}

impl From<RateLimit> for RateLimitSettings {
    fn from(limit: RateLimit) -> Self {
        Self {
            max_requests: limit.max_requests.get(),
            window_seconds: limit.window.as_secs(),
            quarantine_seconds_min: limit.quarantine.map(|(min, _)| min.as_secs()),
            quarantine_seconds_max: limit.quarantine.map(|(_, max)| max.as_secs()),
            sticky_quarantine: limit.sticky_quarantine,
        }
    }
}

impl ConnectorSettings {
    fn spec(self) -> Answer<ConnectorSpec> {
        let mut check = Check::default();
        check.name("name", &self.name);
        check.range("weight", self.weight, (1, 100));
        check.url("health_check_url", self.health_check_url.as_deref());
        if let Some(most) = &self.max_in_flight {
            check.range("max_in_flight", *most, (1, 1_000_000));
        }
        if let Some(pem) = &self.ca_pem {
            check.text("ca_pem", pem, 1 << 20);
            if !pem.contains("-----BEGIN CERTIFICATE-----") {
                check.fail("ca_pem", "must hold certificates in PEM form");
            }
        }
        let kind = check.parse("kind", &self.kind).unwrap_or(ConnectorKind::Static);
        let source = self.source_address.as_deref();
        if source.is_some() && kind != ConnectorKind::Direct {
            check.fail("source_address", "is for direct connectors only");
        }
        let credential = self.credential_id.as_deref();
        let spec = ConnectorSpec {
            kind,
            credential: credential.and_then(|id| check.parse("credential_id", id)),
            domain_allow: check.parse_all("domain_allow", &self.domain_allow, 10_000),
            domain_deny: check.parse_all("domain_deny", &self.domain_deny, 10_000),
            countries: check.parse_all("countries", &self.countries, 250),
            rate_limit: self.rate_limit.and_then(|limit| limit.checked(&mut check)),
            resolve: check.parse("resolve", &self.resolve).unwrap_or(ResolveAt::Exit),
            source_address: source.and_then(|text| check.parse("source_address", text)),
            enabled: self.enabled,
            weight: self.weight,
            priority: self.priority,
            max_in_flight: self.max_in_flight,
            ca_pem: self.ca_pem,
            health_check_url: self.health_check_url,
            prices: self.prices.checked(&mut check),
            caps: caps::checked(self.caps, &mut check),
            name: self.name,
        };
        check.done(spec)
    }
}

impl RateLimitSettings {
    fn checked(self, check: &mut Check) -> Option<RateLimit> {
        let window = check.seconds("rate_limit/window_seconds", self.window_seconds, (1, DAY));
        let quarantine = match (self.quarantine_seconds_min, self.quarantine_seconds_max) {
            (None, None) => None,
            (Some(min), Some(max)) if (1..=max).contains(&min) => Some((
                check.seconds("rate_limit/quarantine_seconds_min", min, (1, DAY)),
                check.seconds("rate_limit/quarantine_seconds_max", max, (1, DAY)),
            )),
            _ => {
                let detail = "goes with quarantine_seconds_max, which is not less";
                check.fail("rate_limit/quarantine_seconds_min", detail);
                None
            }
        };
        let Some(max_requests) = std::num::NonZeroU32::new(self.max_requests) else {
            check.fail("rate_limit/max_requests", "must be 1 or more");
            return None;
        };
        let sticky_quarantine = self.sticky_quarantine;
        Some(RateLimit { max_requests, window, quarantine, sticky_quarantine })
    }
}
