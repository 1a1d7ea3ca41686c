//! How events reach receivers, and which addresses never are one.

use std::net::SocketAddr;

use anyhow::Context;
use cluster::Cluster;
use dial::Dialer;
use model::{Clock, Target, Webhook};
use reconcile::{Reach, Receivers};

use crate::settings::Settings;

/// The way to receivers, also for the control plane.
pub(crate) struct ForApi(pub(crate) Receivers);

/// The way to receivers, given where the API listens.
pub(crate) fn new(
    settings: &Settings,
    dialer: &Dialer,
    (cluster, clock): (&Cluster, &Clock),
    api: SocketAddr,
) -> anyhow::Result<ForApi> {
    let public_url = settings.listen.public_url(api.port());
    let mut services = targets(&public_url, &[("http", 80), ("https", 443)]);
    services.extend(targets(settings.database.url.expose(), &[("postgres", 5432)]));
    if let Some(url) = &settings.redis_url {
        let ports = [("redis+sentinel", 26379), ("rediss+sentinel", 26379), ("redis", 6379)];
        services.extend(targets(url.expose(), &[&ports[..], &[("rediss", 6379)]].concat()));
    }
    let allow = settings.tasks.allow_receivers.clone();
    let here = (cluster.clone(), clock.clone());
    let made = Receivers::new(dialer.clone(), here, Reach { allow, services });
    made.map(ForApi).context("TLS cannot be set up")
}

/// The servers in a URL, of which there may be several with commas between them.
fn targets(url: &str, ports: &[(&str, u16)]) -> Vec<Target> {
    let Some((scheme, rest)) = url.split_once("://") else { return Vec::new() };
    let scheme = if scheme == "postgresql" { "postgres" } else { scheme };
    let Some((_, port)) = ports.iter().find(|(known, _)| *known == scheme) else {
        return Vec::new();
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    hosts.split(',').filter_map(|host| Target::parse_or(host, *port).ok()).collect()
}

impl api::Receivers for ForApi {
    fn refused(&self, url: &str) -> Option<String> {
        self.0.refused(url)
    }

    fn send(&self, webhook: Webhook, id: String, body: String) -> api::Sending<'_> {
        Box::pin(async move {
            let reconcile::Sent { status, error, took } = self.0.send(&webhook, &id, &body).await;
            api::Sent { status, error, took }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_found_in_urls() {
        let text = |url: &str| {
            let ports = [("postgres", 5432), ("redis", 6379)];
            let found: Vec<_> = targets(url, &ports).iter().map(ToString::to_string).collect();
            found.join(" ")
        };
        assert_eq!(
            text("postgres://me:p@ss@db.example,db2.example:6000/x"),
            "db.example:5432 db2.example:6000"
        );
        assert_eq!(text("postgresql:///x?host=/run"), "");
        assert_eq!(text("sqlite:///var/x.db"), "");
        assert_eq!(text("redis://10.0.0.5"), "10.0.0.5:6379");
    }
}
