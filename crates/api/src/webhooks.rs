//! What a webhook looks like to a client.

pub(crate) mod endpoints;
mod secret;

use model::alert::AlertKind;
use model::webhook::{Delivery, DeliveryState, WebhookSpec};
use model::{ProjectId, Secret, Webhook};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::yes;
use crate::check::Check;
use crate::noun::created_at;
use crate::problem::Answer;
use crate::receivers::Sent;
use crate::state::State;

/// What an operator decides about a webhook.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookSettings {
    /// 1-255 characters.
    name: String,
    /// Where events are posted to: `https://`, and `http://` only to addresses that the operator's
    /// setting `webhook_allow_targets` names. Redirects are not followed.
    url: String,
    /// The kinds of alerts that it is told of; `null`: all.
    #[serde(default)]
    events: Option<Vec<String>>,
    /// Whether anything is sent.
    #[serde(default = "yes")]
    enabled: bool,
    /// The project whose alerts it is told of; `null`: all alerts. It stays what it was made with.
    #[serde(default)]
    project_id: Option<String>,
    /// Write-only: `whsec_` and 24-64 bytes in base64. Absent: a new webhook gets one, which is shown
    /// once, and one that there is keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(write_only)]
    secret: Option<String>,
}

/// A webhook, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookView {
    id: String,
    version: u64,
    revision: u64,
    created_at: Option<String>,
    name: String,
    url: String,
    /// The kinds of alerts that it is told of; `null`: all.
    events: Option<Vec<&'static str>>,
    enabled: bool,
    /// `null`: it is told of all alerts.
    project_id: Option<String>,
    /// Why it is off although an operator had it on: `gone`, the receiver answered 410.
    disabled_because: Option<String>,
}

/// A webhook that has just been made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookMade {
    #[serde(flatten)]
    made: WebhookView,
    /// What events are signed with, shown once; `null`: it was given.
    secret: Option<String>,
}

/// What came of an event that was sent to try a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookTrial {
    /// Whether the receiver has taken it.
    is_delivered: bool,
    /// What it answered.
    status: Option<u16>,
    /// Why it did not take it: `forbidden` (an address that nothing is sent to), `name`,
    /// `unreachable`, `tls`, `timeout`, `broken`, `status`, `gone` or `bad_url`.
    error: Option<&'static str>,
    milliseconds: u64,
}

/// An event that a webhook was told of, or is to be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookDelivery {
    /// The `webhook-id` of the request: the same each time that it is tried.
    id: String,
    /// `alert.opened` or `alert.resolved`.
    event: String,
    alert_id: Option<String>,
    /// `pending`: it is tried until it arrives; `delivered`; `dead`: it was tried too often, or the
    /// receiver wants no more.
    state: &'static str,
    attempts: u32,
    created_at: String,
    /// When it was last tried.
    attempted_at: Option<String>,
    /// When it is tried next.
    next_attempt_at: Option<String>,
    /// What the receiver answered last.
    status: Option<u16>,
    /// Why it failed last, as `error` of a trial.
    error: Option<String>,
}

impl From<Sent> for WebhookTrial {
    fn from(sent: Sent) -> Self {
        let milliseconds = u64::try_from(sent.took.as_millis()).unwrap_or(u64::MAX);
        let (status, error) = (sent.status, sent.error);
        Self { is_delivered: error.is_none(), status, error, milliseconds }
    }
}

impl From<Delivery> for WebhookDelivery {
    fn from(delivery: Delivery) -> Self {
        let is_pending = delivery.state == DeliveryState::Pending;
        Self {
            id: delivery.id.to_string(),
            event: delivery.event,
            alert_id: delivery.alert.map(|id| id.to_string()),
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            created_at: delivery.created_at.to_string(),
            attempted_at: delivery.attempted_at.map(|at| at.to_string()),
            next_attempt_at: is_pending.then(|| delivery.next_at.to_string()),
            status: delivery.status,
            error: delivery.error,
        }
    }
}

impl From<&Webhook> for WebhookView {
    fn from(webhook: &Webhook) -> Self {
        let spec = &webhook.spec;
        let words = |kinds: &Vec<AlertKind>| kinds.iter().map(|kind| kind.as_str()).collect();
        Self {
            id: webhook.id.to_string(),
            version: webhook.version.0,
            revision: webhook.revision.0,
            created_at: created_at(webhook.id.uuid()),
            name: spec.name.clone(),
            url: spec.url.clone(),
            events: spec.events.as_ref().map(words),
            enabled: spec.enabled,
            project_id: webhook.project.map(|id| id.to_string()),
            disabled_because: webhook.disabled_because.clone(),
        }
    }
}

impl From<&Webhook> for WebhookSettings {
    fn from(webhook: &Webhook) -> Self {
        let spec = &webhook.spec;
        let words = |kinds: &Vec<AlertKind>| kinds.iter().map(ToString::to_string).collect();
        Self {
            name: spec.name.clone(),
            url: spec.url.clone(),
            events: spec.events.as_ref().map(words),
            enabled: spec.enabled,
            project_id: webhook.project.map(|id| id.to_string()),
            secret: None,
        }
    }
}

impl WebhookSettings {
    /// The project that it is to be of.
    fn project(&self) -> Answer<Option<ProjectId>> {
        let mut check = Check::default();
        let id = self.project_id.as_deref().map(|id| check.parse("project_id", id));
        check.done(id.flatten())
    }

    /// What it says, with `kept` as its secret where it gives none.
    fn spec(self, state: &State, kept: Secret) -> Answer<WebhookSpec> {
        let mut check = Check::default();
        check.name("name", &self.name);
        if let Some(why) = state.receivers.refused(&self.url) {
            check.fail("url", why);
        }
        if self.events.as_ref().is_some_and(Vec::is_empty) {
            check.fail("events", "must have an entry, or be null for all");
        }
        let events = self.events.map(|words| check.parse_all("events", &words, 32));
        if self.secret.as_deref().is_some_and(|secret| !secret::is_good(secret)) {
            check.fail("secret", "must be whsec_ and 24-64 bytes in base64");
        }
        let secret = self.secret.map_or(kept, Secret::from);
        let (name, url, enabled) = (self.name, self.url, self.enabled);
        check.done(WebhookSpec { name, url, events, enabled, secret })
    }
}
