//! How a node ends, starts again, and lives without its database.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::{SOON, eventually};
use testbed::origin::{Origin, sha256};
use testbed::postgres::Postgres;
use testbed::proxies::{Exit, Setup};
use testbed::wire::body::pattern;
use testbed::world::{PASSWORD, Project, World};

use model::proxy::Protocol;

/// More than all buffers between an origin and a client that does not read.
const DOWNLOAD: usize = 96 * 1024 * 1024;
/// Usage is written at the end, and not before.
const LATE_USAGE: (&str, &str) = ("OCTOPROX_USAGE_FLUSH_INTERVAL", "1h");

async fn parts() -> (Origin, Exit) {
    let origin = Origin::start().await.unwrap();
    (origin, Setup::new(Protocol::Http).start().await.unwrap())
}

/// A tunnel through which the head of a download has come, and nobody reads on.
async fn downloading(world: &World, project: &Project, origin: &Origin) -> Client {
    let mut client = world.client().await.unwrap();
    let fields = login(&project.username, PASSWORD);
    let target = origin.address().to_string();
    assert_eq!(client.tunnel(&target, &fields).await.unwrap().status(), 200);
    let request = format!("GET /bytes/{DOWNLOAD} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    client.send(request).await.unwrap();
    let head = client.wire.reader.head().await.unwrap().unwrap();
    assert_eq!(head.status(), 200);
    client
}

/// Waits until neither port is ready.
async fn not_ready(world: &World) {
    for (name, address) in [("the API", world.node.api()), ("the proxy", world.node.proxy())] {
        let told = || async { (ready_at(address).await? == 503).then_some(()) };
        eventually(&format!("{name} is not ready"), SOON, told).await.unwrap();
    }
}

/// What `/ready` says there, if anybody answers.
async fn ready_at(address: SocketAddr) -> Option<u16> {
    let mut client = Client::connect(address).await.ok()?;
    let head = format!("GET /ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    client.send(head).await.ok()?;
    Some(client.answer("GET").await.ok()?.status())
}

#[tokio::test]
async fn a_node_holds_what_it_uses_and_no_huge_pages() {
    let world = World::start(&[]).await.unwrap();
    assert!(!world.node.process.may_have_huge_pages().unwrap());
}

async fn requests(world: &World, project: &Project) -> Value {
    let path = format!("{}/usage", project.path);
    world.control.get(&path).await.unwrap()["items"][0]["requests"].clone()
}

#[tokio::test]
async fn a_node_that_is_asked_to_end_serves_to_the_end_and_forgets_nothing() {
    let (origin, exit) = parts().await;
    let settings = [("OCTOPROX_DRAIN_DELAY", "3s"), ("OCTOPROX_DRAIN_TIMEOUT", "60s"), LATE_USAGE];
    let mut world = World::start(&settings).await.unwrap();
    let project = world.project_over("ending", json!({}), &[&exit]).await.unwrap();
    for _ in 0..3 {
        assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    }
    assert_eq!(ready_at(world.node.proxy()).await, Some(200));
    let mut client = downloading(&world, &project, &origin).await;
    let received = exit.tunnels();
    world.node.process.terminate().unwrap();
    not_ready(&world).await;
    let answer = world.get(&project, "", (&origin, "/echo")).await;
    assert_eq!(answer.expect("no new client during drain_delay").status(), 200);
    let closed = || async { Client::connect(world.node.proxy()).await.err() };
    eventually("the proxy accepts nobody", SOON, closed).await.unwrap();
    assert_eq!(ready_at(world.node.api()).await, Some(503), "the API answers until the end");
    assert!(world.node.process.runs().unwrap(), "it ended under a running download");

    let body = client.wire.reader.exactly(DOWNLOAD).await.unwrap();
    assert_eq!(sha256(&body), sha256(&pattern(0, DOWNLOAD)), "the download is another one");
    assert_eq!(exit.tunnels(), received);
    drop(client);
    let status = world.node.process.ended(SOON).await.unwrap();
    assert_eq!(status.code(), Some(0));

    let world = world.restart(&[LATE_USAGE]).await.unwrap();
    world.in_force().await.unwrap();
    assert_eq!(requests(&world, &project).await, 5, "three, the tunnel, and a late one");
    let path = format!("{}/usage", project.path);
    let usage = world.control.get(&path).await.unwrap();
    let received = usage["items"][0]["bytes_received"].as_u64().unwrap();
    assert!(received >= DOWNLOAD as u64, "{usage}");
    assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_second_signal_cuts_at_once_during_the_delay() {
    let (origin, exit) = parts().await;
    let settings = [("OCTOPROX_DRAIN_DELAY", "1h"), ("OCTOPROX_DRAIN_TIMEOUT", "1h")];
    let mut world = World::start(&settings).await.unwrap();
    let project = world.project_over("hurried", json!({}), &[&exit]).await.unwrap();
    let mut client = downloading(&world, &project, &origin).await;
    world.node.process.terminate().unwrap();
    not_ready(&world).await;
    assert!(world.node.process.runs().unwrap());
    world.node.process.terminate().unwrap();
    assert_eq!(world.node.process.ended(SOON).await.unwrap().code(), Some(0));
    assert!(client.wire.reader.exactly(DOWNLOAD).await.is_err(), "the tunnel was not cut");
}

#[tokio::test]
async fn a_second_signal_cuts_at_once_during_the_drain() {
    let (origin, exit) = parts().await;
    let settings = [("OCTOPROX_DRAIN_DELAY", "0s"), ("OCTOPROX_DRAIN_TIMEOUT", "1h"), LATE_USAGE];
    let mut world = World::start(&settings).await.unwrap();
    let project = world.project_over("hurried", json!({}), &[&exit]).await.unwrap();
    let mut client = downloading(&world, &project, &origin).await;
    world.node.process.terminate().unwrap();
    let closed = || async { Client::connect(world.node.proxy()).await.err() };
    eventually("the proxy accepts nobody", SOON, closed).await.unwrap();
    assert!(world.node.process.runs().unwrap());
    world.node.process.terminate().unwrap();
    assert_eq!(world.node.process.ended(SOON).await.unwrap().code(), Some(0));
    assert!(client.wire.reader.exactly(DOWNLOAD).await.is_err(), "the tunnel was not cut");
    let world = world.restart(&[]).await.unwrap();
    assert_eq!(requests(&world, &project).await, 1, "what was cut is counted too");
}

#[tokio::test]
async fn a_drain_that_takes_too_long_ends_all_the_same() {
    let (origin, exit) = parts().await;
    let settings = [("OCTOPROX_DRAIN_DELAY", "0s"), ("OCTOPROX_DRAIN_TIMEOUT", "500ms")];
    let mut world = World::start(&settings).await.unwrap();
    let project = world.project_over("patience", json!({}), &[&exit]).await.unwrap();
    let mut client = downloading(&world, &project, &origin).await;
    world.node.process.terminate().unwrap();
    assert_eq!(world.node.process.ended(SOON).await.unwrap().code(), Some(0));
    assert!(client.wire.reader.exactly(DOWNLOAD).await.is_err(), "the tunnel was not cut");
}

#[tokio::test]
async fn configuration_and_counters_survive_a_sudden_end() {
    let (origin, exit) = parts().await;
    let quick = [("OCTOPROX_USAGE_FLUSH_INTERVAL", "100ms")];
    let mut world = World::start(&quick).await.unwrap();
    let project = world.project_over("sudden", json!({}), &[&exit]).await.unwrap();
    for _ in 0..4 {
        assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    }
    let counted = || async { (requests(&world, &project).await == 4).then_some(()) };
    eventually("usage", SOON, counted).await.unwrap();
    world.node.process.kill().await.unwrap();
    let world = world.restart(&quick).await.unwrap();
    world.in_force().await.unwrap();
    assert_eq!(requests(&world, &project).await, 4);
    assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    let counted = || async { (requests(&world, &project).await == 5).then_some(()) };
    eventually("usage of both lives", SOON, counted).await.unwrap();
}

async fn health(world: &World) -> Option<Value> {
    world.control.get("/health").await.ok()
}

async fn create(world: &World, name: &str) -> Option<u16> {
    let body = json!({ "name": name, "username": name, "password": PASSWORD });
    let called = world.control.call(("POST", "/api/v1/projects"), "", Some(&body)).await;
    Some(called.ok()?.status)
}

#[tokio::test]
async fn traffic_goes_on_without_the_database() {
    let (origin, exit) = parts().await;
    let mut postgres = Postgres::start().await.unwrap();
    let url = postgres.url();
    let settings = [("OCTOPROX_DATABASE_URL", &*url), ("OCTOPROX_USAGE_FLUSH_INTERVAL", "200ms")];
    let world = World::start(&settings).await.unwrap();
    let project = world.project_over("alone", json!({}), &[&exit]).await.unwrap();
    assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    let counted = || async { (requests(&world, &project).await == 1).then_some(()) };
    eventually("usage", SOON, counted).await.unwrap();

    postgres.stop().unwrap();
    for _ in 0..10 {
        assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    }
    let degraded = || async {
        let health = health(&world).await?;
        (health["status"] == "degraded" && health["database"] == "unavailable").then_some(())
    };
    eventually("health says degraded", SOON, degraded).await.unwrap();
    assert_eq!(ready_at(world.node.api()).await, Some(200));
    assert_eq!(ready_at(world.node.proxy()).await, Some(200));
    assert_eq!(create(&world, "refused").await, Some(503));
    for _ in 0..10 {
        assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    }

    postgres.start_again().await.unwrap();
    let healthy = || async { (health(&world).await?["status"] == "healthy").then_some(()) };
    eventually("health is back", Duration::from_secs(20), healthy).await.unwrap();
    let created = || async { (create(&world, "later").await? == 201).then_some(()) };
    eventually("writes are back", SOON, created).await.unwrap();
    world.in_force().await.unwrap();
    let counted = || async { (requests(&world, &project).await == 21).then_some(()) };
    eventually("usage of the time between", Duration::from_secs(20), counted).await.unwrap();
    let exits = health(&world).await.unwrap()["exits"].clone();
    assert_eq!(exits, 1);
}
