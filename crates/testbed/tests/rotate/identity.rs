//! An exit is its endpoint and its login: what differs in the login alone is another exit.

use anyhow::{Context, Result};
use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::proxies::Setup;
use testbed::world::logins;

use super::asking::{Asking, tally};

/// What the API says about the proxy with this login.
async fn proxy(asking: &Asking, username: &str) -> Result<Value> {
    let path = format!("{}/proxies", asking.project.path);
    let listed = asking.world.control.get(&path).await?;
    let mut items = listed["items"].as_array().context("no items")?.iter();
    items.find(|item| item["username"] == username).cloned().context("no such proxy")
}

async fn logins_are_exits(protocol: Protocol) {
    let setup = Setup::new(protocol).account("alice", "one").account("bob", "two");
    let exit = setup.start().await.unwrap();
    let accounts = [("alice", "one"), ("bob", "two"), ("mallory", "three")];
    let asking = Asking::start(json!({}), &logins(&exit, accounts)).await.unwrap();
    let peers = tally(asking.on_one_connection(100, "").await.unwrap());

    let source = |name| exit.source_of(name).unwrap().to_string();
    let (alice, bob) = (peers.get(&source("alice")), peers.get(&source("bob")));
    let (alice, bob) = (*alice.unwrap(), *bob.unwrap());
    assert_eq!((peers.len(), alice + bob), (2, 100), "from two addresses: {peers:?}");
    assert!(alice.abs_diff(bob) <= 2, "in turn: {peers:?}");

    for (name, requests) in [("alice", alice), ("bob", bob)] {
        let proxy = proxy(&asking, name).await.unwrap();
        assert_eq!(proxy["health"]["status"], "healthy", "{proxy}");
        assert_eq!(proxy["live"]["requests"], requests, "{proxy}");
        assert_eq!(proxy["live"]["failures"], 0, "{proxy}");
    }
    let refused = proxy(&asking, "mallory").await.unwrap();
    assert_ne!(refused["health"]["status"], "healthy", "{refused}");
    assert_eq!(refused["live"]["requests"], refused["live"]["failures"], "{refused}");
    assert!(refused["live"]["failures"].as_u64().unwrap() >= 1, "{refused}");
}

#[tokio::test]
async fn one_login_that_is_refused_stops_no_other() {
    logins_are_exits(Protocol::Http).await;
}

#[tokio::test]
async fn one_socks_login_that_is_refused_stops_no_other() {
    logins_are_exits(Protocol::Socks5).await;
}

/// A connection that was opened for one login carries no request of another.
#[tokio::test]
async fn no_connection_is_shared_between_logins() {
    let setup = Setup::new(Protocol::Http).account("alice", "one").account("bob", "two");
    let exit = setup.start().await.unwrap();
    let list = logins(&exit, [("alice", "one"), ("bob", "two")]);
    let asking = Asking::start(json!({}), &list).await.unwrap();
    asking.on_many_connections(400, "").await.unwrap();
    let mut owners = std::collections::BTreeMap::new();
    for seen in exit.seen() {
        let (name, _) = seen.login.unwrap();
        let owner = owners.entry(seen.connection).or_insert_with(|| name.clone());
        assert_eq!(*owner, name, "connection {}", seen.connection);
    }
    assert!(owners.len() < 100, "connections are kept: {}", owners.len());
}
