//! Receivers of events: who may be one, and how an event is sent to it, once.

mod post;
mod signature;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cluster::Cluster;
use dial::{Bounds, Dialer, OriginTrust, TrustError};
use model::project::TargetRule;
use model::{Clock, Target, Webhook};
use tokio::time::{Instant, timeout};

use post::Post;

/// For an event to be sent and answered.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a URL.
const LONGEST: usize = 2048;

/// Sends events to receivers. Clones are the same.
#[derive(Debug, Clone)]
pub struct Receivers {
    dialer: Dialer,
    trust: OriginTrust,
    cluster: Cluster,
    clock: Clock,
    allow: Arc<[TargetRule]>,
    services: Arc<[Target]>,
}

/// Which addresses may be receivers, and which never are.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// What the operator of the node allows besides public addresses.
    pub allow: Vec<TargetRule>,
    /// What this node depends on: the database, Redis, its own public address.
    pub services: Vec<Target>,
}

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// What the receiver answered.
    pub status: Option<u16>,
    /// Why it did not take it: a word; `None`: it did.
    pub error: Option<&'static str>,
    /// How long it took.
    pub took: Duration,
}

/// Where events are posted to.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    is_secure: bool,
    target: Target,
    /// As in a `Host` field.
    authority: String,
    /// With its query.
    path: String,
}

impl Receivers {
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        dialer: Dialer,
        (cluster, clock): (Cluster, Clock),
        reach: Reach,
    ) -> Result<Self, TrustError> {
        let trust = OriginTrust::new(None)?;
        let (allow, services) = (reach.allow.into(), reach.services.into());
        Ok(Self { dialer, trust, cluster, clock, allow, services })
    }

    /// Why nothing may be sent to this URL, as far as that can be told without a lookup.
    #[must_use]
    pub fn refused(&self, url: &str) -> Option<String> {
        let address = match Address::parse(url) {
            Ok(address) => address,
            Err(why) => return Some(why),
        };
        let peers = self.peers();
        let bounds = self.bounds(&address, &peers);
        let forbidden = bounds.check(&address.target, &self.dialer.own_addresses()).err()?;
        Some(if !address.is_secure && forbidden.class == dial::AddressClass::Public {
            "must begin with https://, unless webhook_allow_targets names its address".to_owned()
        } else {
            format!("leads to an address of class {}", forbidden.class)
        })
    }

    /// Sends an event to a webhook, once: whatever comes of it is told within ten seconds.
    pub async fn send(&self, webhook: &Webhook, id: &str, body: &str) -> Sent {
        let began = Instant::now();
        let sent = timeout(PATIENCE, self.post(webhook, id, body)).await;
        let (status, error) = match sent {
            Err(_late) => (None, Some("timeout")),
            Ok(Err(error)) => (None, Some(error.token())),
            Ok(Ok(status @ 200..=299)) => (Some(status), None),
            Ok(Ok(410)) => (Some(410), Some("gone")),
            Ok(Ok(status)) => (Some(status), Some("status")),
        };
        Sent { status, error, took: began.elapsed() }
    }

    async fn post(&self, webhook: &Webhook, id: &str, body: &str) -> Result<u16, post::PostError> {
        let address = Address::parse(&webhook.spec.url).map_err(post::PostError::BadUrl)?;
        let peers = self.peers();
        let stream = self.dialer.entered(&address.target, self.bounds(&address, &peers)).await?;
        let at = self.clock.now().as_second();
        let signature = signature::sign(&webhook.spec.secret, (id, at), body);
        let fields = [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", at.to_string()),
            ("webhook-signature", signature.ok_or(post::PostError::BadSecret)?),
        ];
        Post { address: &address, trust: &self.trust, fields, body }.send(stream).await
    }

    fn bounds<'a>(&'a self, address: &Address, peers: &'a [SocketAddr]) -> Bounds<'a> {
        let only_allowed = !address.is_secure;
        Bounds { allow: &self.allow, services: &self.services, peers, only_allowed }
    }

    fn peers(&self) -> Vec<SocketAddr> {
        let members = self.cluster.members();
        let members = members.borrow();
        members.iter().flat_map(|member| member.addresses.iter().copied()).collect()
    }
}

impl Address {
    /// Reads a URL strictly: what others might read as another host is none.
    fn parse(url: &str) -> Result<Self, String> {
        let (is_secure, rest) = match url.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err("must begin with https://".to_owned()),
        };
        if url.len() > LONGEST || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("must have at most {LONGEST} visible ASCII characters"));
        }
        if url.contains(['#', '\\']) {
            return Err("must not have a fragment or a backslash".to_owned());
        }
        let (authority, path) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        if authority.contains('@') {
            return Err("must not have user info".to_owned());
        }
        let target = Target::parse_or(authority, if is_secure { 443 } else { 80 });
        let target = target.map_err(|error| error.to_string())?;
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { is_secure, target, authority: authority.to_owned(), path })
    }
}

#[cfg(test)]
mod tests;
