//! What this node asks of receivers of events.

use std::time::Duration;

use futures_util::future::BoxFuture;
use model::Webhook;

/// What came of an event, once it was sent.
pub type Sending<'a> = BoxFuture<'a, Sent>;

/// What came of an event that was sent once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What the receiver answered.
    pub status: Option<u16>,
    /// Why it did not take it: a word; `None`: it did.
    pub error: Option<&'static str>,
    /// How long it took.
    pub took: Duration,
}

/// The way to receivers of events.
pub trait Receivers: Send + Sync {
    /// Why nothing may be sent to this URL, as far as that can be told without a lookup. `None`: it
    /// may.
    fn refused(&self, url: &str) -> Option<String>;
    /// Sends an event to a webhook, once.
    fn send(&self, webhook: Webhook, id: String, body: String) -> Sending<'_>;
}
