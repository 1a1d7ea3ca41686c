//! The program is replaced on a single machine, and no client notices.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use testbed::client::{Client, login};
use testbed::origin::Origin;
use testbed::proxies::Setup;
use testbed::world::{PASSWORD, World};
use tokio::process::Child;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use model::proxy::Protocol;

/// Connections at least, and the tasks that make them.
const CONNECTIONS: usize = 2_000;
const CLIENTS: usize = 6;
/// Between two connections of a task.
const PAUSE: Duration = Duration::from_millis(8);
const REPLACED: usize = 3;
/// For a node to come up and the one before it to end, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_mins(1);

/// What clients do at a steady rate.
struct Load {
    proxy: SocketAddr,
    api: SocketAddr,
    page: String,
    done: AtomicUsize,
    is_over: AtomicBool,
}

impl Load {
    /// A connection of its own, closed after one answer.
    async fn once(&self, is_proxied: bool) -> Result<()> {
        let mut fields = "Connection: close\r\n".to_owned();
        let (address, target) = if is_proxied {
            fields.push_str(&login("shop", PASSWORD));
            (self.proxy, self.page.as_str())
        } else {
            (self.api, "/health")
        };
        let answer = Client::connect(address).await?.ask("GET", target, &fields).await?;
        ensure!(answer.status() == 200 && answer.complete, "{}", answer.text());
        Ok(())
    }

    /// Why each failed that did.
    async fn go_on(self: Arc<Self>, client: usize) -> Vec<String> {
        let (mut failed, mut next) = (Vec::new(), Instant::now());
        while !self.is_over.load(Ordering::Relaxed) {
            let is_proxied = client.is_multiple_of(2);
            if let Err(error) = self.once(is_proxied).await {
                failed.push(format!("proxied: {is_proxied}: {error:#}"));
            }
            self.done.fetch_add(1, Ordering::Relaxed);
            next += PAUSE;
            sleep_until(next).await;
        }
        failed
    }
}

/// Waits until the old program has ended, by itself and well.
async fn ended(mut old: Child) {
    assert!(timeout(PATIENCE, old.wait()).await.unwrap().unwrap().success());
}

#[tokio::test]
async fn nobody_is_refused_while_the_program_is_replaced() {
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let mut world = World::start(&[("OCTOPROX_DRAIN_TIMEOUT", "20s")]).await.unwrap();
    world.project_over("shop", json!({}), &[&exit]).await.unwrap();
    let (proxy, api) = (world.node.proxy(), world.node.api());
    let (done, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let load = Arc::new(Load { proxy, api, page: origin.url("/echo"), done, is_over });
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(Arc::clone(&load).go_on(client));
    }
    let mut processes = vec![world.node.process.id().unwrap()];
    for _ in 0..REPLACED {
        let old = world.node.replace().await.unwrap();
        ended(old).await;
        processes.push(world.node.process.id().unwrap());
    }
    while load.done.load(Ordering::Relaxed) < CONNECTIONS {
        tokio::time::sleep(PAUSE).await;
    }
    load.is_over.store(true, Ordering::Relaxed);
    let failed = clients.join_all().await.concat();
    processes.dedup();
    assert_eq!(processes.len(), REPLACED + 1);
    assert_eq!(failed, [""; 0], "of {} connections", load.done.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_tunnel_lasts_to_its_end_in_the_old_one() {
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let mut world = World::start(&[("OCTOPROX_DRAIN_TIMEOUT", "60s")]).await.unwrap();
    let project = world.project_over("shop", json!({}), &[&exit]).await.unwrap();
    let mut client = world.client().await.unwrap();
    let target = origin.address().to_string();
    let fields = login(&project.username, PASSWORD);
    assert_eq!(client.tunnel(&target, &fields).await.unwrap().status(), 200);
    let old = world.node.replace().await.unwrap();
    assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    let answer = client.ask("GET", "/echo", "Connection: close\r\n").await.unwrap();
    assert_eq!(answer.status(), 200);
    drop(client);
    ended(old).await;
}

#[tokio::test]
async fn a_successor_that_does_not_come_up_changes_nothing() {
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let mut world = World::start(&[]).await.unwrap();
    let project = world.project_over("shop", json!({}), &[&exit]).await.unwrap();
    let file = world.node.process.folder().join("not.pem");
    std::fs::write(&file, "no certificate").unwrap();
    // Found out when the listeners have been handed over already.
    for name in ["OCTOPROX_TLS_CERT_FILE", "OCTOPROX_TLS_KEY_FILE"] {
        world.node.process.set(name, &file.display().to_string());
    }
    let ports = [("PROXY", world.node.proxy()), ("API", world.node.api())];
    for (name, address) in ports {
        world.node.process.set(&format!("OCTOPROX_{name}_PORT"), &address.port().to_string());
    }
    world.node.process.set("OCTOPROX_TAKEOVER", "yes");
    for _ in 0..2 {
        let old = world.node.process.run_beside().unwrap();
        let status = world.node.process.ended(PATIENCE).await.unwrap();
        assert_eq!(status.code(), Some(1), "{:#?}", world.node.process.log());
        for _ in 0..20 {
            let answer = world.get(&project, "", (&origin, "/echo")).await.unwrap();
            assert_eq!(answer.status(), 200);
            world.control.get("/api/v1/cluster").await.unwrap();
        }
        world.node.process.put_back(old);
    }
}
