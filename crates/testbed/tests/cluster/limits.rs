//! The limit of an exit is one limit, however many nodes there are.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::world::{PASSWORD, Project};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::scene::Scene;

/// The limit: so many requests in a window.
const LIMIT: usize = 100;
const WINDOW: Duration = Duration::from_secs(10);
/// How long is looked at what Redis is asked anyway.
const BACKGROUND: Duration = Duration::from_secs(3);
/// Clients of each node.
const CLIENTS: usize = 3;

#[expect(clippy::disallowed_methods, reason = "no node reads this; it is for whoever runs tests")]
fn is_long() -> bool {
    std::env::var("OCTOPROX_CHAOS").is_ok_and(|form| form == "long")
}

/// How long there is load: five minutes in the long form.
fn duration() -> Duration {
    Duration::from_secs(if is_long() { 300 } else { 26 })
}

/// A project over these exits, each with this limit, in force on every node.
async fn limited(scene: &Scene, limit: Value, list: &str) -> Project {
    let control = &scene.cluster.control;
    let once = json!({ "max_retries": 0, "hedge": false });
    let project = control.project("limited", once).await.unwrap();
    let limit = json!({ "rate_limit": limit });
    let connector = control.connector(&project, "limited", limit).await.unwrap();
    control.upload_to(&project, &connector, list).await.unwrap();
    scene.cluster.in_force().await.unwrap();
    project
}

/// Asks without a pause until the time is over; when each request that was carried was answered.
async fn press(node: SocketAddr, url: Arc<str>, until: Instant) -> Result<Vec<Instant>> {
    let (mut carried, fields) = (Vec::new(), login("limited", PASSWORD));
    while Instant::now() < until {
        let mut client = Client::connect(node).await?;
        while let Ok(answer) = client.ask("GET", &url, &fields).await {
            match answer.status() {
                200 => carried.push(Instant::now()),
                429 => break,
                other => bail!("{other} {}", answer.text()),
            }
            if Instant::now() >= until {
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(carried)
}

/// Presses on every node for `time`: when requests were carried, in order.
async fn press_all(scene: &Scene, project: &Project, time: Duration) -> Vec<Instant> {
    let (until, url) = (Instant::now() + time, Arc::from(scene.origin.url("/echo")));
    let mut pressing = JoinSet::new();
    for node in &scene.cluster.nodes {
        for _ in 0..CLIENTS {
            pressing.spawn(press(node.proxy(), Arc::clone(&url), until));
        }
    }
    let mut all = Vec::new();
    while let Some(carried) = pressing.join_next().await {
        match carried.unwrap() {
            Ok(carried) => all.extend(carried),
            Err(error) => {
                let exits = scene.cluster.control.get(&format!("{}/proxies", project.path)).await;
                panic!("{error:#}: {exits:#?}");
            }
        }
    }
    all.sort_unstable();
    all
}

/// The most in any window.
fn most_in_a_window(carried: &[Instant]) -> usize {
    let within = |first: usize| {
        let end = carried[first] + WINDOW;
        carried[first..].partition_point(|at| *at < end)
    };
    (0..carried.len()).map(within).max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_keep_one_limit() {
    let scene = Scene::set(&[]).await;
    let list = format!("{}\n", scene.exits[0].address());
    let limit = json!({ "max_requests": LIMIT, "window_seconds": 10 });
    let project = limited(&scene, limit, &list).await;
    let carried = press_all(&scene, &project, duration()).await;
    let (most, windows) = (most_in_a_window(&carried), duration().as_secs_f64() / 10.0);
    eprintln!("{} carried in {windows} windows, {most} in one at most", carried.len());
    assert!(most <= LIMIT * 105 / 100, "{most} in one window");
    // A limit that keeps more away than it has to is none that anybody wants.
    let floor = LIMIT * usize::try_from(duration().as_secs() / 10).unwrap() * 8 / 10;
    assert!(carried.len() >= floor, "{} carried", carried.len());

    scene.cluster.redis.process.freeze().unwrap();
    let carried = press_all(&scene, &project, duration()).await;
    let most = most_in_a_window(&carried);
    eprintln!("without Redis: {} carried, {most} in one window at most", carried.len());
    assert!(most <= LIMIT * 120 / 100, "{most} in one window without Redis");
    assert!(carried.len() >= floor / 2, "{} carried without Redis", carried.len());
    scene.cluster.redis.process.thaw().unwrap();
}

/// Commands that Redis has carried out, those within scripts among them.
async fn commands(scene: &Scene) -> u64 {
    let info = scene.cluster.redis.command(&["INFO", "commandstats"]).await.unwrap();
    let calls = |line: &str| -> u64 {
        let calls = line.split_once("calls=").and_then(|(_, rest)| rest.split(',').next());
        calls.and_then(|calls| calls.parse().ok()).unwrap_or_default()
    };
    info.as_str().unwrap().lines().map(calls).sum()
}

/// Asks so many times on kept connections, all through one node; how many were carried.
async fn ask_on(node: SocketAddr, url: Arc<str>, requests: usize) -> usize {
    let (mut carried, fields) = (0, login("limited", PASSWORD));
    let mut client = Client::connect(node).await.unwrap();
    for _ in 0..requests {
        let answer = client.ask("GET", &url, &fields).await.unwrap();
        carried += usize::from(answer.status() == 200);
        if answer.status() != 200 {
            client = Client::connect(node).await.unwrap();
        }
    }
    carried
}

/// Redis commands a second that nobody's requests are the reason for: heartbeats, leases.
async fn background(scene: &Scene) -> f64 {
    let (before, began) = (commands(scene).await, Instant::now());
    tokio::time::sleep(BACKGROUND).await;
    let commands = u32::try_from(commands(scene).await - before).unwrap();
    f64::from(commands) / began.elapsed().as_secs_f64()
}

/// Redis commands for each of so many requests, without those that come anyway: they are more for
/// each request the slower the machine is.
async fn cost(scene: &Scene, requests: usize) -> f64 {
    let background = background(scene).await;
    let (before, url) = (commands(scene).await, Arc::from(scene.origin.url("/echo")));
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for node in &scene.cluster.nodes {
        for _ in 0..CLIENTS {
            let each = requests / (CLIENTS * scene.cluster.nodes.len());
            asking.spawn(ask_on(node.proxy(), Arc::clone(&url), each));
        }
    }
    let carried: usize = asking.join_all().await.into_iter().sum();
    assert!(carried * 100 >= requests * 99, "{carried} of {requests} were carried");
    let commands = f64::from(u32::try_from(commands(scene).await - before).unwrap());
    let anyway = background * began.elapsed().as_secs_f64();
    eprintln!("{commands} commands, of which {anyway:.0} come anyway, {background:.1} a second");
    (commands - anyway) / f64::from(u32::try_from(carried).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_hardly_asked() {
    let (requests, exits) = if is_long() { (100_000, 150) } else { (15_000, 30) };
    let scene = Scene::set(&[]).await;
    let logins = (0..exits).map(|number| format!("{}:u{number}:p", scene.exits[0].address()));
    let list = logins.collect::<Vec<_>>().join("\n");
    limited(&scene, json!({ "max_requests": 1_000, "window_seconds": 60 }), &list).await;
    let limited = cost(&scene, requests).await;
    eprintln!(
        "{requests} requests over {exits} exits, 1,000 a minute each: {limited:.4} a request"
    );
    let most = if is_long() { 0.05 } else { 0.06 };
    assert!(limited <= most, "{limited} commands for a request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_not_asked_for_what_has_no_limit() {
    let requests = if is_long() { 100_000 } else { 15_000 };
    let scene = Scene::set(&[]).await;
    let list = format!("{}\n", scene.exits[0].address());
    limited(&scene, Value::Null, &list).await;
    let cost = cost(&scene, requests).await;
    eprintln!("{requests} requests at defaults: {cost:.4} commands a request");
    let most = if is_long() { 0.01 } else { 0.02 };
    assert!(cost <= most, "{cost} commands for a request");
}
