//! What an operator can set about the way nodes meet.

use std::time::Duration;

use model::Secret;

use crate::connection::Address;
use crate::error::Result;

/// Where nodes meet, and how often they do what.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `redis://[user[:password]@]host[:6379][/db]`, the same with `rediss://` for TLS, or
    /// `redis+sentinel://[user:password@]host[:26379],host../master[/db]`, and `rediss+sentinel://`.
    pub url: Secret,
    /// PEM: the authorities to trust with TLS instead of the well-known ones.
    pub root_certificates: Option<Vec<u8>>,
    /// How often, and for how long.
    pub timing: Timing,
}

/// How often nodes do what, and how long they wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Between two heartbeats.
    pub heartbeat: Duration,
    /// A node that was not heard of for this long is gone.
    pub heartbeat_ttl: Duration,
    /// Between two looks at who is alive.
    pub view: Duration,
    /// A lease that nobody renews ends after this.
    pub lease_ttl: Duration,
    /// Between two renewals.
    pub lease_refresh: Duration,
    /// A holder stops this long after the start of its last successful renewal, by its own clock.
    pub lease_step_down: Duration,
    /// Between two attempts of those who stand by; a fifth more or less.
    pub lease_poll: Duration,
    /// For a connection to be made.
    pub connect_timeout: Duration,
    /// For an answer to background work.
    pub command_timeout: Duration,
    /// For an answer that requests are near to.
    pub prompt_timeout: Duration,
}

// === impl Settings ===

impl Settings {
    /// Settings for `url`, everything else as usual. Nothing is connected.
    ///
    /// # Errors
    /// When the address is none; the error does not repeat it.
    pub fn parse(url: &Secret) -> Result<Self> {
        let settings =
            Self { url: url.clone(), root_certificates: None, timing: Timing::default() };
        Address::new(&settings)?;
        Ok(settings)
    }
}

// === impl Timing ===

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(5),
            heartbeat_ttl: Duration::from_secs(10),
            view: Duration::from_millis(1_800),
            lease_ttl: Duration::from_secs(5),
            lease_refresh: Duration::from_millis(1_500),
            lease_step_down: Duration::from_millis(3_500),
            // A lease is taken up within 6 s of a crash: 5 s of its life and the longest wait.
            lease_poll: Duration::from_millis(750),
            connect_timeout: Duration::from_secs(2),
            command_timeout: Duration::from_millis(500),
            prompt_timeout: Duration::from_millis(50),
        }
    }
}
