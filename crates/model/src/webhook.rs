//! A receiver that is told of alerts over HTTP.

use jiff::Timestamp;

use crate::alert::AlertKind;
use crate::id::{AlertId, DeliveryId, ProjectId, WebhookId};
use crate::revision::{Revision, Version};
use crate::secret::Secret;
use crate::words;

/// A receiver that is told of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its identifier.
    pub id: WebhookId,
    /// The project whose alerts it is told of; `None`: it is told of all.
    pub project: Option<ProjectId>,
    /// Counted from 1.
    pub version: Version,
    /// The change that wrote it.
    pub revision: Revision,
    /// What an operator decided.
    pub spec: WebhookSpec,
    /// Why it is off although an operator had it on; `None`: nothing but the operator.
    pub disabled_because: Option<String>,
}

/// What an operator decides about a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSpec {
    /// 1-255 characters.
    pub name: String,
    /// Where events are posted to.
    pub url: String,
    /// Of which kinds of alerts it is told; `None`: of all.
    pub events: Option<Vec<AlertKind>>,
    /// Whether anything is sent.
    pub enabled: bool,
    /// What events are signed with: `whsec_` and base64 of 24-64 bytes.
    pub secret: Secret,
}

words! {
    /// What has become of a delivery.
    pub enum DeliveryState {
        /// It is tried until it arrives, or too often.
        Pending = "pending",
        /// The receiver has taken it.
        Delivered = "delivered",
        /// It was tried too often, or the receiver wants no more.
        Dead = "dead",
    }
}

/// An event on its way to a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its identifier: the same each time that it is tried.
    pub id: DeliveryId,
    /// To which receiver.
    pub webhook: WebhookId,
    /// About which alert.
    pub alert: Option<AlertId>,
    /// `alert.opened`, `alert.resolved`.
    pub event: String,
    /// The JSON that is posted.
    pub body: String,
    /// What has become of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last tried.
    pub attempted_at: Option<Timestamp>,
    /// When it is tried next; of no meaning unless it is pending.
    pub next_at: Timestamp,
    /// What the receiver answered last.
    pub status: Option<u16>,
    /// Why it failed last: a word.
    pub error: Option<String>,
}
