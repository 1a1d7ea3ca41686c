//! Which exit carries which request: turns, sessions, and what tells two exits apart.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rotate {
    pub(crate) mod asking;
    mod identity;
    mod session;
}

use std::collections::HashSet;
use std::time::Duration;

use model::proxy::Protocol;
use rotate::asking::{Asking, many_logins, quiet, tally};
use serde_json::{Value, json};
use testbed::proxies::{Behaviour, Exit, Setup};
use testbed::world::lines;

async fn two(protocol: Protocol) -> [Exit; 2] {
    [Setup::new(protocol).start().await.unwrap(), Setup::new(protocol).start().await.unwrap()]
}

/// Connections on which requests came: a probe of a connection is none.
fn used(exits: &[Exit]) -> usize {
    let of = |exit: &Exit| exit.seen().iter().map(|seen| seen.connection).collect::<HashSet<_>>();
    exits.iter().map(|exit| of(exit).len()).sum()
}

/// One client connection, a hundred requests, a hundred connections to exits.
async fn opens_one_each(protocol: Protocol, settings: Value, parameters: &str) {
    let exits = two(protocol).await;
    let asking = Asking::start(settings, &lines(&exits.each_ref())).await.unwrap();
    let peers = asking.on_one_connection(100, parameters).await.unwrap();
    assert!(peers.windows(2).all(|two| two[0] != two[1]), "the two alternate: {peers:?}");
    assert_eq!(used(&exits), 100);
    assert_eq!(exits.each_ref().map(|exit| exit.seen().len()), [50, 50]);
}

/// A first request that was quicker than the next ones is no reason to take exits out of turn; ten
/// dials may be, once.
#[tokio::test]
async fn a_slow_exit_gets_company_only_from_the_tenth_dial_on() {
    let exits = two(Protocol::Http).await;
    let settings = json!({ "hedge": true });
    let asking = Asking::start(settings, &lines(&exits.each_ref())).await.unwrap();
    let attempts = async || {
        let target = (asking.origin.as_ref(), "/echo");
        let answer = asking.world.get(&asking.project, "", target).await.unwrap();
        answer.head.get("octoprox-attempts").unwrap().to_owned()
    };
    for _ in 0..2 {
        attempts().await;
    }
    let slow = Behaviour::Delay(Duration::from_millis(400));
    for exit in &exits {
        exit.behave(slow).await;
    }
    assert_eq!([attempts().await, attempts().await], ["1", "1"]);
    for exit in &exits {
        exit.behave(Behaviour::Honest).await;
    }
    for _ in 0..40 {
        attempts().await;
    }
    for exit in &exits {
        exit.behave(slow).await;
    }
    assert_eq!(attempts().await, "2");
}

#[tokio::test]
async fn rotation_by_request_opens_a_connection_for_each() {
    opens_one_each(Protocol::Http, json!({ "rotate": "request" }), "").await;
}

#[tokio::test]
async fn rotation_by_request_opens_a_tunnel_for_each() {
    opens_one_each(Protocol::Socks5, json!({ "rotate": "request" }), "").await;
}

#[tokio::test]
async fn rotation_by_request_can_be_asked_for_in_the_username() {
    opens_one_each(Protocol::Http, json!({}), "-rotate-request").await;
}

#[tokio::test]
async fn without_it_connections_to_exits_are_kept() {
    let exits = two(Protocol::Http).await;
    let asking = Asking::start(json!({}), &lines(&exits.each_ref())).await.unwrap();
    let peers = asking.on_one_connection(100, "").await.unwrap();
    assert!(peers.windows(2).all(|two| two[0] != two[1]), "they alternate all the same");
    assert_eq!(used(&exits), 2);
}

#[tokio::test]
async fn round_robin_gives_a_hundred_exits_a_hundred_requests_each() {
    let (exit, list) = many_logins(100).await.unwrap();
    let asking = Asking::start(quiet(), &list).await.unwrap();
    let peers = tally(asking.on_many_connections(10_000, "").await.unwrap());
    assert_eq!(peers.len(), 100, "every exit: {peers:?}");
    let uneven: Vec<_> = peers.iter().filter(|(_, count)| !(99..=101).contains(*count)).collect();
    assert!(uneven.is_empty(), "{uneven:?}");
    let logins = tally(exit.seen().into_iter().map(|seen| seen.login.unwrap().0).collect());
    assert!(logins.values().all(|count| (99..=101).contains(count)), "{logins:?}");
}
