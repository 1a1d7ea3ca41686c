//! A node that is drained through the API of another, and comes back, without a client noticing.

use std::time::Duration;

use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::cluster::Cluster;
use testbed::control::{Called, Control};
use testbed::node::ADMIN;
use testbed::world::PASSWORD;
use tokio_util::sync::CancellationToken;

use super::scene::{Scene, Tally, request};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn nobody_notices_that_a_node_is_drained_and_undrained() {
    let scene = Scene::set(&[]).await;
    let cluster = &scene.cluster;
    let (done, mut tally) = (CancellationToken::new(), Tally::default());
    let trickle = async {
        let mut number = 0;
        while !done.is_cancelled() {
            tally.note(request(cluster.proxy(), &scene.project, &scene.origin, number).await);
            number += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let steering = async {
        // One of another node's, that has been drained itself: it goes on answering who asks it.
        let first = Control::login(cluster.nodes[0].api(), ADMIN).await.unwrap();
        for node in 0..3 {
            cycle(&scene, &first, node).await;
        }
        done.cancel();
    };
    tokio::join!(trickle, steering);
    tally.none_failed();
    assert!(tally.fine > 50, "{}", tally.fine);
}

/// Takes a node out and in again, and looks whether it is given nobody meanwhile.
async fn cycle(scene: &Scene, control: &Control, node: usize) {
    let (cluster, name) = (&scene.cluster, format!("node{}", node + 1));
    let target = scene.origin.address().to_string();
    // Through the node itself, so that it is known whose tunnel it is.
    let mut tunnel = Client::connect(cluster.nodes[node].proxy()).await.unwrap();
    let fields = login(&scene.project.username, PASSWORD);
    assert_eq!(tunnel.tunnel(&target, &fields).await.unwrap().status(), 200);

    let called = order(control, &name, "drain").await;
    assert_eq!((called.status, &called.body["state"]), (200, &json!("draining")), "{called:?}");
    cluster.out(node, PATIENCE).await.unwrap();
    assert_eq!(ready(cluster, node).await, (503, "draining".to_owned()));
    for asked in &cluster.nodes {
        let asked = Control::login(asked.api(), ADMIN).await.unwrap();
        let shown = || async { (state_of(&asked, &name).await? == "draining").then_some(()) };
        eventually("every node shows it", PATIENCE, shown).await.unwrap();
    }
    let before = cluster.shares().await.unwrap()[node];
    scene.ask(20).await.none_failed();
    assert_eq!(cluster.shares().await.unwrap()[node], before, "{name} was given a client");
    assert_eq!(tunnel.ask("GET", "/echo", "").await.unwrap().status(), 200);
    // Who comes nevertheless is served, and told to come again elsewhere.
    let mut late = Client::connect(cluster.nodes[node].proxy()).await.unwrap();
    let answer = late.ask("GET", &scene.origin.url("/echo"), &fields).await.unwrap();
    assert_eq!((answer.status(), answer.head.get("connection")), (200, Some("close")));

    let called = order(control, &name, "undrain").await;
    assert_eq!((called.status, &called.body["state"]), (200, &json!("ready")), "{called:?}");
    let is_in = || async {
        let row = cluster.haproxy.server("proxies", &name).await.ok()?;
        row.is_up().then_some(())
    };
    eventually("it is in again", PATIENCE, is_in).await.unwrap();
    assert_eq!(tunnel.ask("GET", "/echo", "").await.unwrap().status(), 200);
}

async fn order(control: &Control, node: &str, what: &str) -> Called {
    let path = format!("/api/v1/cluster/nodes/{node}/{what}");
    control.call(("POST", &path), "", None).await.unwrap()
}

/// What the API's own `/ready` says.
async fn ready(cluster: &Cluster, node: usize) -> (u16, String) {
    let mut client = Client::connect(cluster.nodes[node].api()).await.unwrap();
    let answer = client.ask("GET", "/ready", "").await.unwrap();
    (answer.status(), answer.text().trim_end().to_owned())
}

async fn state_of(control: &Control, node: &str) -> Option<String> {
    let seen = control.get("/api/v1/cluster").await.ok()?;
    let members = seen["members"].as_array()?;
    let member = members.iter().find(|member| member["id"] == node)?;
    member["state"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn the_last_node_stays_a_restarted_one_is_back_and_the_audit_log_tells() {
    let mut scene = Scene::set(&[]).await;
    let control = Control::login(scene.cluster.nodes[0].api(), ADMIN).await.unwrap();
    for node in ["node2", "node3"] {
        assert_eq!(order(&control, node, "drain").await.status, 200);
    }
    let last = order(&control, "node1", "drain").await;
    assert_eq!(last.status, 409, "{last:?}");
    scene.ask(6).await.none_failed();

    // Its order still waits in Redis, but it was for the process that ended.
    let process = &mut scene.cluster.nodes[1].process;
    process.terminate().unwrap();
    process.ended(Duration::from_secs(30)).await.unwrap();
    scene.cluster.start_again(1).await.unwrap();
    assert_eq!(ready(&scene.cluster, 1).await, (200, "ready".to_owned()));
    assert_eq!(ready(&scene.cluster, 2).await, (503, "draining".to_owned()));
    assert_eq!(order(&control, "node3", "undrain").await.status, 200);

    let log = control.get("/api/v1/audit?noun=node").await.unwrap();
    let told = |entry: &Value| format!("{} {}", entry["op"], entry["entity_name"]);
    let told: Vec<String> = log["items"].as_array().unwrap().iter().map(told).collect();
    let expected = [r#""undrained" "node3""#, r#""drained" "node3""#, r#""drained" "node2""#];
    assert_eq!(told, expected);
}
