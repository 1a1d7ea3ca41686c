//! Redis goes away, comes back, and moves.

use std::time::Duration;

use cluster::Link;
use rustix::process::Signal;
use tokio::time::Instant;

use crate::node::{Node, listeners, next, notice, settings};
use crate::server::{Server, free_address, until};

#[tokio::test]
async fn members_are_kept_while_redis_is_away_and_are_the_same_afterwards() {
    let mut server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    a.sees("a b").await;
    b.sees("a b").await;
    let mut members = a.cluster.members();
    members.mark_unchanged();
    server.kill();
    a.away().await;
    let begun = Instant::now();
    a.cluster.notify(notice(1)).await;
    assert!(begun.elapsed() < Duration::from_millis(400), "nobody waits for what is away");
    server.start_again().await;
    let begun = Instant::now();
    a.connected().await;
    b.connected().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    until("both nodes", async || {
        let there: u32 = server.ask("EXISTS instance_registry:a instance_registry:b").await;
        (there == 2).then_some(())
    })
    .await;
    assert!(!members.has_changed().unwrap(), "nobody was ever missed");
}

#[tokio::test]
async fn a_redis_that_hangs_is_away_and_comes_back() {
    let server = Server::start().await;
    let node = Node::start("a", &server).await;
    server.signal(Signal::STOP);
    node.away().await;
    let Link::Away { since } = *node.cluster.link().borrow() else { panic!("away") };
    assert!(since <= Instant::now());
    server.signal(Signal::CONT);
    let begun = Instant::now();
    node.connected().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn every_connection_that_is_cut_is_made_again() {
    let server = Server::start().await;
    let node = Node::start("a", &server).await;
    let _: u32 = server.ask("CLIENT KILL TYPE normal SKIPME no").await;
    node.away().await;
    node.connected().await;
    until("a listener", async || (listeners(&server).await == 1).then_some(())).await;
}

/// The master is killed; the sentinel promotes its replica.
#[tokio::test]
async fn nodes_follow_the_master_that_the_sentinel_names() {
    let mut master = Server::start().await;
    let source = format!("{} {}", master.address.ip(), master.address.port());
    let (address, own) = (free_address(), "--replica-announce-ip");
    let arguments = ["--replicaof", &source, own, &address.ip().to_string()];
    let replica = Server::start_at(address, &arguments).await;
    until("a replica", async || {
        let text: String = master.ask("INFO replication").await;
        text.contains("state=online").then_some(())
    })
    .await;
    let sentinel = Server::sentinel(master.address).await;
    until("a sentinel that knows the replica", async || {
        let replicas: Vec<redis::Value> = sentinel.ask("SENTINEL replicas mymaster").await;
        (!replicas.is_empty()).then_some(())
    })
    .await;
    let url = format!("redis+sentinel://127.0.0.1:1,{}/mymaster", sentinel.address);
    let (a, b) = (Node::start_at("a", &settings(&url)), Node::start_at("b", &settings(&url)));
    a.sees("a b").await;
    let lease = a.cluster.stand("x");
    crate::node::stands(&lease, crate::node::is_elected).await;
    master.kill();
    a.away().await;
    a.connected().await;
    b.connected().await;
    until("two listeners", async || (listeners(&replica).await == 2).then_some(())).await;
    let mut notices = b.cluster.notices();
    a.cluster.notify(notice(9)).await;
    while next(&mut notices).await != Ok(notice(9)) {}
    crate::node::stands(&lease, crate::node::is_elected).await;
    until("the lease at the new master", async || {
        (replica.ask::<u32>("EXISTS lease:x").await == 1).then_some(())
    })
    .await;
}
