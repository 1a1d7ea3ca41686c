//! A password that is changed: how long the old one still opens a door.

use std::time::Duration;

use serde_json::json;
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::cluster::Cluster;
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::weather::Sky;
use testbed::world::PASSWORD;
use tokio::time::Instant;

use model::proxy::Protocol;

use super::scene::{LONG, Scene, tell};

/// A project of its own with a tunnel through each node; how long until the old password is refused
/// by every node, and until the tunnels are closed.
async fn revoke(
    cluster: &Cluster,
    name: &str,
    origin: &Origin,
    exit: &Exit,
) -> (Duration, Duration) {
    let project = cluster.project_over(name, json!({}), &[exit]).await.unwrap();
    let fields = login(&project.username, PASSWORD);
    let mut tunnels = Vec::new();
    for node in &cluster.nodes {
        let mut client = Client::connect(node.proxy()).await.unwrap();
        let target = origin.address().to_string();
        assert_eq!(client.tunnel(&target, &fields).await.unwrap().status(), 200);
        assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200);
        tunnels.push(client);
    }
    let change = json!({ "password": "another-project-password" });
    cluster.control.patch(&project.path, &change).await.unwrap();
    let changed = Instant::now();
    for node in &cluster.nodes {
        let refused = || async {
            let mut client = Client::connect(node.proxy()).await.ok()?;
            let answer = client.ask("GET", &origin.url("/echo"), &fields).await.ok()?;
            (answer.status() == 407).then_some(())
        };
        eventually("the old password is refused", LONG, refused).await.unwrap();
    }
    let refused = changed.elapsed();
    for tunnel in &mut tunnels {
        tunnel.closed().await.unwrap();
    }
    (refused, changed.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_18_a_password_is_changed() {
    let scene = Scene::set(&[]).await;
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let with = revoke(&scene.cluster, "first", &origin, &exit).await;
    for roads in &scene.cluster.roads {
        roads.redis.turns(Sky::Cut);
    }
    scene.coordination(&[0, 1, 2], "degraded").await;
    let without = revoke(&scene.cluster, "second", &origin, &exit).await;
    assert!(with.0 <= Duration::from_secs(1), "{with:?}");
    assert!(without.0 <= Duration::from_secs(3), "{without:?}");
    assert!(with.1.max(without.1) <= Duration::from_secs(5), "{with:?} {without:?}");
    let report = scene.nobody_noticed().await.report;
    let measured = format!(
        "407 everywhere after {:?}, without Redis after {:?}; tunnels closed after {:?} and {:?}; 0 \
         of {} others failed",
        with.0, without.0, with.1, without.1, report.fine
    );
    tell("18 password changed", "407 <= 1 s, <= 3 s without Redis, tunnels <= 5 s", measured);
}
