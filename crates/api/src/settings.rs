//! What an operator can set about the control plane.

use std::time::Duration;

use ipnet::IpNet;

/// What an operator can set about the control plane.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach this API, without a slash at the end: setup and invitation links begin
    /// with it.
    pub public_url: String,
    /// Names that the `Host` field may have besides addresses, `localhost` and that of
    /// `public_url`. Others are refused: a page elsewhere must not reach us by a name of its own.
    pub allowed_hosts: Vec<String>,
    /// Balancers whose `X-Forwarded-For` is believed. Empty: nobody's.
    pub trusted_proxies: Vec<IpNet>,
    /// How long an access token is good.
    pub access_ttl: Duration,
    /// How long a refresh token is good.
    pub refresh_ttl: Duration,
    /// How long an invitation is good.
    pub invite_ttl: Duration,
    /// Failed logins a minute, of one source and of one user, before more are refused.
    pub login_failures: u32,
    /// Bytes of an uploaded list at most.
    pub upload_bytes: usize,
    /// Streams that may be watched at once on this node.
    pub streams: usize,
    /// Whether nodes were built with the browsers of `match_ua` and `override_ua`.
    pub browsers: bool,
    /// How long a stream may be silent.
    pub stream_heartbeat: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:8000".to_owned(),
            allowed_hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            access_ttl: Duration::from_mins(15),
            refresh_ttl: Duration::from_hours(30 * 24),
            invite_ttl: Duration::from_hours(7 * 24),
            login_failures: 10,
            upload_bytes: 128 * 1024 * 1024,
            streams: 256,
            browsers: false,
            stream_heartbeat: Duration::from_secs(15),
        }
    }
}
