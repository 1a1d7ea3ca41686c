//! Caps are one cap, however many nodes there are; what is spent is what was carried.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::world::{PASSWORD, Project};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::scene::{Scene, request};

/// What nodes write comes each 800 ms; a machine with other things to do is late.
const FLUSH: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(30);
const MEGABYTE: u64 = 1_000_000;
/// 10^-6 of the currency for 10^9 bytes.
const PRICE: u64 = 3_500_000;

/// A project whose one connector has this cap, in force on every node.
async fn capped(scene: &Scene, cap: Value) -> Project {
    let control = &scene.cluster.control;
    let once = json!({ "max_retries": 0, "hedge": false });
    let project = control.project("capped", once).await.unwrap();
    let changes = json!({ "caps": [cap], "prices": { "per_gb_micros": PRICE } });
    let connector = control.connector(&project, "capped", changes).await.unwrap();
    let exits: Vec<_> = scene.exits.iter().collect();
    control.upload_to(&project, &connector, &testbed::world::lines(&exits)).await.unwrap();
    scene.cluster.in_force().await.unwrap();
    project
}

/// Asks for a megabyte again and again until that is refused; when each arrived.
async fn use_up(node: SocketAddr, url: Arc<str>) -> Result<Vec<Instant>> {
    let (mut carried, fields) = (Vec::new(), login("capped", PASSWORD));
    let mut client = Client::connect(node).await?;
    loop {
        let answer = client.ask("GET", &url, &fields).await?;
        if answer.status() != 200 {
            ensure!(answer.status() == 509, "{} {}", answer.status(), answer.text());
            let status = answer.head.get("proxy-status").unwrap_or_default();
            ensure!(status.contains("error=bandwidth_limit_exceeded"), "{status}");
            ensure!(answer.head.get("retry-after").is_some(), "no Retry-After");
            return Ok(carried);
        }
        carried.push(Instant::now());
    }
}

async fn cap(scene: &Scene, project: &Project) -> Option<Value> {
    let caps = scene.cluster.control.get(&format!("{}/caps", project.path)).await.ok()?;
    Some(caps["items"][0].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cap_of_100_mb_stops_traffic_on_three_nodes_within_a_flush_and_costs_what_it_says() {
    let scene = Scene::set(&[]).await;
    let block = json!({ "measure": "bytes", "limit": 100 * MEGABYTE, "period": "day",
        "action": "block" });
    let project = capped(&scene, block).await;
    let url: Arc<str> = Arc::from(scene.origin.url("/bytes/1000000"));
    let mut using = JoinSet::new();
    for node in &scene.cluster.nodes {
        for _ in 0..2 {
            using.spawn(use_up(node.proxy(), Arc::clone(&url)));
        }
    }
    let mut carried = Vec::new();
    while let Some(arrived) = using.join_next().await {
        carried.extend(arrived.unwrap().unwrap());
    }
    carried.sort();
    // Heads are counted, too.
    assert!(carried.len() >= 99, "{} were carried", carried.len());
    let reached = carried[98];
    let late: Vec<_> = carried.iter().filter(|at| **at > reached + FLUSH).collect();
    assert!(late.is_empty(), "{} of {} came too late", late.len(), carried.len());

    // What is written is what clients got, and what that costs.
    let bytes = carried.len() as u64 * MEGABYTE;
    let written = || async {
        let cap = cap(&scene, &project).await?;
        (cap["used"].as_u64()? >= bytes).then_some(cap)
    };
    let cap = eventually("the bytes to be written", LONG, written).await.unwrap();
    assert_eq!(cap["is_reached"], true);
    let used = cap["used"].as_u64().unwrap();
    assert!(used < bytes + bytes / 100, "{used} for {bytes}");
    let cost = (used * PRICE + 500_000_000) / 1_000_000_000;
    assert_eq!(cap["cost_micros"], cost);
    for level in ["project", "connectors"] {
        let path = format!("{}/usage?level={level}", project.path);
        let usage = scene.cluster.control.get(&path).await.unwrap();
        assert_eq!(usage["items"][0]["cost_micros"], cost, "{usage}");
    }
    let charted = || async {
        let path = format!("{}/usage/series?level=connectors", project.path);
        let series = scene.cluster.control.get(&path).await.ok()?;
        (series["series"][0]["totals"]["cost_micros"] == cost).then_some(())
    };
    eventually("the chart to show it", LONG, charted).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cap_that_interrupts_ends_a_download_under_way_and_another_node_knows() {
    let scene = Scene::set(&[]).await;
    let cap = json!({ "measure": "bytes", "limit": 20 * MEGABYTE, "period": "month",
        "action": "interrupt", "status": 429 });
    let project = capped(&scene, cap).await;
    let fields = login("capped", PASSWORD);
    let target = scene.origin.address().to_string();
    let mut client = Client::connect(scene.cluster.nodes[0].proxy()).await.unwrap();
    assert_eq!(client.tunnel(&target, &fields).await.unwrap().status(), 200);
    let answer = client.ask("GET", "/bytes/200000000", "").await.unwrap();
    assert!(!answer.complete, "{} bytes came", answer.body.len());
    // Some of it was counted and not taken from the socket any more.
    assert!(answer.body.len() as u64 <= 25 * MEGABYTE, "{}", answer.body.len());
    for node in &scene.cluster.nodes {
        let refused = || async {
            let mut client = Client::connect(node.proxy()).await.ok()?;
            let answer = client.ask("GET", &scene.origin.url("/echo"), &fields).await.ok()?;
            (answer.status() == 429).then_some(())
        };
        eventually("every node refuses", LONG, refused).await.unwrap();
    }
    // More room, and it goes on.
    let path = format!("{}/connectors", project.path);
    let list = scene.cluster.control.get(&path).await.unwrap();
    let path = format!("{path}/{}", list["items"][0]["id"].as_str().unwrap());
    scene.cluster.control.patch(&path, &json!({ "caps": [] })).await.unwrap();
    scene.cluster.in_force().await.unwrap();
    let mut client = Client::connect(scene.cluster.nodes[1].proxy()).await.unwrap();
    let answer = client.ask("GET", &scene.origin.url("/echo"), &fields).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[expect(clippy::disallowed_methods, reason = "no node reads this; it is for whoever runs tests")]
fn requests() -> usize {
    let is_long = std::env::var("OCTOPROX_CHAOS").is_ok_and(|form| form == "long");
    if is_long { 100_000 } else { 1_500 }
}

/// Requests that the metrics of all nodes count, of those kinds that clients here make.
async fn metered(scene: &Scene) -> Option<u64> {
    let mut sum = 0;
    for node in &scene.cluster.nodes {
        let mut client = Client::connect(node.api()).await.ok()?;
        let text = client.ask("GET", "/metrics", "").await.ok()?.text();
        let lines = text.lines().filter(|line| line.starts_with("octoprox_requests_total{"));
        sum += lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum::<u64>();
    }
    Some(sum)
}

/// Sends requests, each with the next number, until there have been enough.
async fn ask_on(scene: &Scene, next: &AtomicUsize, fine: &AtomicU64) -> Result<()> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= requests() {
            return Ok(());
        }
        request(scene.cluster.proxy(), &scene.project, &scene.origin, number).await?;
        fine.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_api_charts_and_metrics_count_the_same() {
    const CLIENTS: usize = 8;
    let scene = Arc::new(Scene::set(&[]).await);
    let (next, fine) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let mut asking = JoinSet::new();
    for _ in 0..CLIENTS {
        let (scene, next, fine) = (Arc::clone(&scene), Arc::clone(&next), Arc::clone(&fine));
        asking.spawn(async move { ask_on(&scene, &next, &fine).await });
    }
    while let Some(asked) = asking.join_next().await {
        let asked: Result<()> = asked.unwrap();
        asked.unwrap();
    }
    let counted = fine.load(Ordering::Relaxed);
    assert_eq!(counted, requests() as u64);
    let control = &scene.cluster.control;
    let get = |path: String| async move { control.get(&path).await.ok() };
    let seen = || async {
        let usage = get(format!("{}/usage", scene.project.path)).await?;
        let mut all = vec![usage["items"][0]["requests"].as_u64()?, metered(&scene).await?];
        let series = format!("{}/usage/series", scene.project.path);
        let fleet = "/api/v1/usage/series".to_owned();
        for path in [series.clone(), fleet, format!("{series}?level=hosts")] {
            let totals = get(path).await?["series"][0]["totals"].clone();
            all.push(totals["requests"].as_u64()?);
            all.push(totals["outcomes"]["success"].as_u64()?);
            all.push(totals["statuses"]["2xx"].as_u64()?);
        }
        all.iter().all(|count| *count >= counted).then_some(all)
    };
    let all = eventually("all to be counted", LONG, seen).await.unwrap();
    assert!(all.iter().all(|count| *count == counted), "{all:?} for {counted}");
}
