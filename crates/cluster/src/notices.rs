//! Something changed: a notice says that, never what.

use model::{Revision, words};
use uuid::Uuid;

mod wire;
mod listener;

pub(crate) use listener::{Heard, listen};
pub(crate) use wire::{Coming, Told, read, write};

words! {
    /// What kind of thing changed.
    pub enum Signal {
        /// A project, or its password.
        ProjectChanged = "project_changed",
        /// An account at a provider.
        CredentialChanged = "credential_changed",
        /// A connector.
        ConnectorChanged = "connector_changed",
        /// One proxy or many of them.
        ProxyChanged = "proxy_changed",
        /// A proxy rests, or rests no longer.
        ProxyQuarantineChanged = "proxy_quarantine_changed",
        /// A person who may use the control plane.
        UserChanged = "user_changed",
        /// A key of the API.
        ApiKeyChanged = "api_key_changed",
        /// What nodes are to log for a while.
        LogFilterChanged = "log_filter_changed",
        /// Where events are posted to.
        WebhookChanged = "webhook_changed",
        /// An alert was opened, acknowledged or is over.
        AlertChanged = "alert_changed",
        /// A root of interception.
        RootChanged = "root_changed",
        /// Anything: notices may have been missed. No node tells another; each tells itself when it
        /// listens again.
        AnythingChanged = "anything_changed",
    }
}

words! {
    /// What became of it.
    pub enum Op {
        /// It is new.
        Added = "added",
        /// It is another one now.
        Updated = "updated",
        /// It is gone.
        Removed = "removed",
    }
}

/// Something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// What kind of thing.
    pub signal: Signal,
    /// Which one; `None` when it is many at once.
    pub entity: Option<Uuid>,
    /// What became of it.
    pub op: Op,
    /// The revision in which it did; 0 when nobody knows.
    pub revision: Revision,
}

// === impl Notice ===

impl Notice {
    /// Anything may have changed.
    pub(crate) const ANYTHING: Self = Self {
        signal: Signal::AnythingChanged,
        entity: None,
        op: Op::Updated,
        revision: Revision(0),
    };
}
