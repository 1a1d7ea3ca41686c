//! What a proxy looks like to a client.

pub(crate) mod endpoints;
pub(crate) mod standing;
pub(crate) mod wanted;
pub(crate) mod summary;
pub(crate) mod bulk;
pub(crate) mod test;
pub(crate) mod upload;
pub(crate) mod table;
pub(crate) mod quarantine;

use std::sync::Arc;

use compact_str::CompactString;
use model::place::slug;
use model::proxy::{Endpoint, Login, Protocol, ProxySpec, Status};
use model::{ConnectorId, Health, Host, Place, Proxy, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::yes;
use crate::check::Check;
use crate::noun::created_at;
use crate::problem::Answer;
use crate::projects::CountersView;
use crate::proxies::standing::Standing;
use crate::state::State;

/// What an operator decides about a proxy.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProxySettings {
    /// Must be there at creation, and stays.
    #[serde(default)]
    connector_id: Option<String>,
    /// `http`, `https`, `socks4` or `socks5`.
    #[serde(default = "protocol")]
    protocol: String,
    /// A name or an address.
    host: String,
    /// 1-65535.
    port: u16,
    /// 1-255 bytes; absent: the login of the connector's credential, if it has one.
    #[serde(default)]
    username: Option<String>,
    /// 0-255 bytes. Write-only.
    #[serde(default, skip_serializing)]
    #[schema(write_only)]
    password: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    /// Up to 32 labels of 1-64 `[a-z0-9_.]`.
    #[serde(default)]
    tags: Vec<String>,
    /// Two letters.
    #[serde(default)]
    country: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    city: Option<String>,
    /// The number of its autonomous system.
    #[serde(default)]
    asn: Option<u32>,
    #[serde(default)]
    isp: Option<String>,
    /// `residential`, `datacenter`, `mobile` or `isp`.
    #[serde(default)]
    network: Option<String>,
}

fn protocol() -> String {
    Protocol::Http.to_string()
}

/// A proxy.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProxyView {
    id: String,
    version: u64,
    revision: u64,
    created_at: Option<String>,
    #[serde(flatten)]
    settings: ProxySettings,
    /// Whether there is a password.
    has_password: bool,
    /// What it is, in one word: `disabled`, `quarantined`, or what `health.status` says.
    status: &'static str,
    /// What this node knows of it.
    health: HealthView,
    /// What this node has sent through it since its start; each attempt counts.
    live: CountersView,
}

/// What this node knows of an exit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthView {
    /// `unknown`, `healthy`, `degraded`, `unhealthy`, ..
    status: &'static str,
    in_flight: u32,
    /// Of recent requests and probes, 0-1; `null`: no evidence yet.
    success_ratio: Option<f32>,
    latency_ms: Option<f64>,
    consecutive_failures: u32,
    /// How much longer it rests.
    quarantined_seconds: Option<f64>,
}

impl From<Option<Health>> for HealthView {
    fn from(health: Option<Health>) -> Self {
        let Some(health) = health else {
            return Self {
                status: Status::Unknown.as_str(),
                in_flight: 0,
                success_ratio: None,
                latency_ms: None,
                consecutive_failures: 0,
                quarantined_seconds: None,
            };
        };
        Self {
            status: health.status.as_str(),
            in_flight: health.in_flight,
            success_ratio: health.success_ratio,
            latency_ms: health.latency.map(|latency| latency.as_secs_f64() * 1000.0),
            consecutive_failures: health.consecutive_failures,
            quarantined_seconds: health.quarantined_for.map(|rest| rest.as_secs_f64()),
        }
    }
}

impl ProxyView {
    pub(crate) fn of(state: &State, proxy: Proxy) -> Self {
        let login = proxy.spec.endpoint.login.as_ref();
        let health = state.live.health(proxy.id);
        Self {
            id: proxy.id.to_string(),
            version: proxy.version.0,
            revision: proxy.revision.0,
            created_at: created_at(proxy.id.uuid()),
            has_password: login.is_some_and(|login| !login.password.is_empty()),
            status: Standing::of_proxy(proxy.spec.enabled, health.as_ref()).as_str(),
            health: health.into(),
            live: state.live.proxy(proxy.id).into(),
            settings: ProxySettings::of(proxy.connector, proxy.spec),
        }
    }
}

impl ProxySettings {
    fn of(connector: ConnectorId, spec: ProxySpec) -> Self {
        let ProxySpec { endpoint, enabled, tags, place } = spec;
        let text = |text: Option<CompactString>| text.map(String::from);
        // An IPv6 address is shown as people type it: without brackets.
        let host = endpoint.host.to_string();
        Self {
            connector_id: Some(connector.to_string()),
            protocol: endpoint.protocol.to_string(),
            host: host.trim_matches(['[', ']']).to_owned(),
            port: endpoint.port,
            username: endpoint.login.map(|login| login.username.clone()),
            password: None,
            enabled,
            tags: tags.into_iter().map(String::from).collect(),
            country: place.country.map(|country| country.to_string()),
            state: text(place.state),
            city: text(place.city),
            asn: place.asn,
            isp: text(place.isp),
            network: place.kind.map(|kind| kind.to_string()),
        }
    }
}

impl ProxySettings {
    /// Checks every field. Without a password the one of `current` stays, if the username does.
    fn spec(self, current: Option<&ProxySpec>) -> Answer<ProxySpec> {
        let mut check = Check::default();
        let protocol = check.parse("protocol", &self.protocol).unwrap_or(Protocol::Http);
        not_direct(&mut check, protocol);
        let host = Host::parse_typed(&self.host).unwrap_or_else(|error| {
            check.fail("host", error.to_string());
            Host::Name(CompactString::const_new("invalid"))
        });
        check.range("port", self.port, (1, u16::MAX));
        let login = self.login(&mut check, current);
        let tags = tags(&mut check, &self.tags);
        let place = Place {
            country: self.country.as_deref().and_then(|text| check.parse("country", text)),
            state: named(&mut check, "state", self.state.as_deref()),
            city: named(&mut check, "city", self.city.as_deref()),
            asn: self.asn,
            isp: named(&mut check, "isp", self.isp.as_deref()),
            kind: self.network.as_deref().and_then(|text| check.parse("network", text)),
        };
        let endpoint = Endpoint { protocol, host, port: self.port, login };
        check.done(ProxySpec { endpoint, enabled: self.enabled, tags, place })
    }

    fn login(&self, check: &mut Check, current: Option<&ProxySpec>) -> Option<Arc<Login>> {
        let fits = |text: &str, least| (least..=255).contains(&text.len());
        let plain = |text: &str| !text.chars().any(char::is_control);
        let Some(username) = &self.username else {
            if self.password.is_some() {
                check.fail("password", "goes with a username");
            }
            return None;
        };
        if !fits(username, 1) || !plain(username) {
            check.fail("username", "must have 1-255 bytes and no control characters");
        }
        let kept = current.and_then(|spec| spec.endpoint.login.as_ref());
        let kept = kept.filter(|login| login.username == *username);
        let password = match (&self.password, kept) {
            (Some(given), _) => Secret::from(given.as_str()),
            (None, Some(login)) => login.password.clone(),
            (None, None) => Secret::default(),
        };
        if !fits(password.expose(), 0) || !plain(password.expose()) {
            check.fail("password", "must have 0-255 bytes and no control characters");
        }
        Some(Arc::new(Login { username: username.clone(), password }))
    }
}

/// `direct` is how a connector without proxies dials, and nothing that a proxy speaks.
pub(crate) fn not_direct(check: &mut Check, protocol: Protocol) {
    if protocol == Protocol::Direct {
        check.fail("protocol", "must be one of: http, https, socks4, socks5");
    }
}

/// A place by the spelling that requests are compared with.
fn named(check: &mut Check, field: &str, text: Option<&str>) -> Option<CompactString> {
    let text = text?;
    let slug = slug(text);
    if slug.is_none() {
        check.fail(field, "must have at least one Latin letter or digit");
    }
    slug
}

/// Labels that requests may ask for.
pub(crate) fn tags(check: &mut Check, tags: &[String]) -> Vec<CompactString> {
    if tags.len() > 32 {
        check.fail("tags", "must have at most 32 entries");
    }
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte);
    for (n, tag) in tags.iter().enumerate() {
        if !(1..=64).contains(&tag.len()) || !tag.bytes().all(allowed) {
            check.fail(&format!("tags/{n}"), "must have 1-64 characters of a-z 0-9 _ .");
        }
    }
    tags.iter().map(CompactString::from).collect()
}
