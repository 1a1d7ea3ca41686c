//! Exchanges for tests.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use jiff::Timestamp;
use model::exchange::{Blame, ExchangeKind, Trail};
use model::{ConnectorId, Exchange, ProjectId, ProxyId, Target};

/// A request that went well.
pub(crate) fn exchange() -> Exchange {
    Exchange {
        started_at: Timestamp::from_second(1_700_000_000).unwrap(),
        kind: ExchangeKind::Http,
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        project: Some(ProjectId::new()),
        connector: Some(ConnectorId::new()),
        proxy: Some(ProxyId::new()),
        country: "de".parse().ok(),
        target: Some(Target::parse("shop.example.com:80").unwrap()),
        status: 200,
        blame: None,
        attempts: 1,
        latency: Duration::from_millis(3),
        duration: Duration::from_millis(5),
        bytes_sent: 10,
        bytes_received: 20,
        banned_by: None,
        trail: Trail { method: "GET".into(), session: Some("cart-1".into()), ..Trail::default() },
    }
}

/// One that did not.
pub(crate) fn failure() -> Exchange {
    let mut exchange = exchange();
    exchange.status = 502;
    exchange.blame = Some(Blame::Exit);
    exchange.trail.error = "connection_refused";
    exchange
}
