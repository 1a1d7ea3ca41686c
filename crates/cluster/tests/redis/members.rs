//! Who is alive.

use std::time::Duration;

use cluster::{Cluster, Load, Member, MemberState, Settings};
use jiff::Timestamp;
use model::Revision;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

use crate::node::{Node, member, settings};
use crate::server::{Server, until};

#[tokio::test]
async fn nodes_see_each_other_and_what_they_announce() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    a.sees("a b").await;
    b.sees("a b").await;
    let load = Load { in_flight: 3, connections: 2, requests_per_second: 1 };
    a.cluster.report(load);
    a.cluster.announce(Revision(7)).await;
    let mut members = b.cluster.members();
    let seen = members.wait_for(|members| members[0].revision == Revision(7));
    let seen = timeout(Duration::from_secs(4), seen).await.expect("told at once").unwrap();
    assert_eq!((seen[0].id.as_str(), seen[0].load, seen[0].addresses.len()), ("a", load, 1));
}

#[tokio::test]
async fn a_heartbeat_is_as_operators_expect_it() {
    let server = Server::start().await;
    let node = Node::start("a", &server).await;
    let value = until("a heartbeat", async || {
        server.ask::<Option<String>>("GET instance_registry:a").await
    });
    let expected = r#"{"role":"all","revision":0,"started_at":"1970-01-01T00:00:00Z","addresses":["127.0.0.1:8080"],"state":"ready","load":{"in_flight":0,"connections":0,"requests_per_second":0}}"#;
    assert_eq!(value.await, expected);
    let ttl: u64 = server.ask("PTTL instance_registry:a").await;
    assert!((1..=10_000).contains(&ttl), "{ttl}");
    node.cluster.leave().await;
    assert_eq!(server.ask::<u32>("EXISTS instance_registry:a").await, 0);
}

#[tokio::test]
async fn a_node_is_drained_by_a_peer_and_says_so_at_once() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    a.sees("a b").await;
    let seen = a.cluster.members().borrow()[1].clone();
    for wanted in [true, false] {
        a.cluster.order_drain(&seen, wanted).await.unwrap();
        drained(&b, wanted).await;
        let state = if wanted { MemberState::Draining } else { MemberState::Ready };
        let begun = Instant::now();
        b.cluster.turn(state);
        let mut members = a.cluster.members();
        let told = members.wait_for(|members| members[1].state == state);
        timeout(Duration::from_secs(10), told).await.expect("told").unwrap();
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
    assert!(!*a.cluster.drained().borrow(), "nobody meant this one");
}

#[tokio::test]
async fn an_order_that_nobody_published_is_found_and_one_for_a_predecessor_is_not_obeyed() {
    let server = Server::start().await;
    let node = Node::start("a", &server).await;
    let order = |started_at: &str, draining| {
        format!("SET drain:a {{\"started_at\":\"{started_at}\",\"draining\":{draining}}}")
    };
    server.ask::<()>(&order("1970-01-01T00:00:00Z", true)).await;
    drained(&node, true).await;
    server.ask::<()>("DEL drain:a").await;
    server.ask::<()>(&order("1969-01-01T00:00:00Z", false)).await;
    // It has read that as well when a peer has seen what comes after it.
    node.cluster.announce(Revision(9)).await;
    until("a later heartbeat", async || {
        let beat: Option<String> = server.ask("GET instance_registry:a").await;
        beat.filter(|beat| beat.contains("\"revision\":9"))
    })
    .await;
    assert!(*node.cluster.drained().borrow());
    server.ask::<()>(&order("1970-01-01T00:00:00Z", false)).await;
    drained(&node, false).await;
}

async fn drained(node: &Node, wanted: bool) {
    let mut drained = node.cluster.drained();
    let obeyed = drained.wait_for(|drained| *drained == wanted);
    timeout(Duration::from_secs(20), obeyed).await.expect("the order is read").unwrap();
}

#[tokio::test]
async fn whoever_leaves_is_gone_at_once_and_does_not_come_back() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    a.sees("a b").await;
    let begun = Instant::now();
    b.cluster.leave().await;
    a.sees("a").await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    b.cluster.announce(Revision(1)).await;
    assert_eq!(server.ask::<u32>("EXISTS instance_registry:b").await, 0);
}

/// A new binary in the place of an old one, which ends meanwhile.
#[tokio::test]
async fn whoever_leaves_does_not_take_a_successor_of_its_name_along() {
    let server = Server::start().await;
    let old = Node::start("a", &server).await;
    let later = Member { started_at: Timestamp::MAX, ..member("a") };
    let tracker = TaskTracker::new();
    let new = Cluster::redis(&settings(&server.url()), later, &tracker, &old.stop).unwrap();
    until("the successor", async || {
        let beats: String = server.ask("GET instance_registry:a").await;
        (!beats.contains("1970")).then_some(())
    })
    .await;
    old.cluster.announce(Revision(9)).await;
    old.cluster.leave().await;
    let beats: String = server.ask("GET instance_registry:a").await;
    assert!(!beats.contains("1970"), "{beats}");
    new.leave().await;
    assert_eq!(server.ask::<u32>("EXISTS instance_registry:a").await, 0);
}

#[tokio::test]
async fn whoever_dies_is_missed_after_its_heartbeat_has_expired() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    a.sees("a b").await;
    b.crash().await;
    let begun = Instant::now();
    a.sees("a").await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

/// Heartbeats that come this seldom show who was forgotten: nobody may be.
#[tokio::test]
async fn a_wiped_redis_is_told_again_who_is_there_and_nobody_is_missed() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    a.sees("a b").await;
    b.sees("a b").await;
    let (mut by_a, mut by_b) = (a.cluster.members(), b.cluster.members());
    by_a.mark_unchanged();
    by_b.mark_unchanged();
    let begun = Instant::now();
    let () = server.ask("FLUSHALL").await;
    until("both nodes in redis", async || {
        let there: u32 = server.ask("EXISTS instance_registry:a instance_registry:b").await;
        (there == 2).then_some(())
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(!by_a.has_changed().unwrap() && !by_b.has_changed().unwrap());
}

#[tokio::test]
async fn strange_values_are_nobody() {
    let server = Server::start().await;
    let () = server.ask("SET instance_registry:x not-json").await;
    let () = server.ask(r#"SET instance_registry:b {"started_at":{}}"#).await;
    let _: u32 = server.ask("ZADD octoprox:instances 99999999999 x 99999999999 y").await;
    let (a, _b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    a.sees("a b").await;
}

#[tokio::test]
async fn a_node_that_finds_no_redis_is_alone_and_waits_for_nothing() {
    let url = format!("redis://{}", crate::server::free_address());
    let begun = Instant::now();
    let node = Node::start_at("a", &settings(&url));
    node.cluster.notify(crate::node::notice(1)).await;
    node.cluster.announce(Revision(1)).await;
    node.cluster.leave().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(node.cluster.members().borrow().len(), 1);
    assert!(node.cluster.leases().await.is_err());
    let Settings { timing, .. } = settings(&url);
    assert!(timing.lease_step_down < timing.lease_ttl);
    node.crash().await;
}
