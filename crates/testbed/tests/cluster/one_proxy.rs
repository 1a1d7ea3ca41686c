//! What is done through HAProxy is done on every node.

use serde_json::json;
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::control::Control;
use testbed::proxies::Exit;
use testbed::world::PASSWORD;

use super::scene::{EXITS, Scene};

#[tokio::test]
async fn requests_reach_every_node_and_leave_by_every_exit() {
    let scene = Scene::set(&[]).await;
    let before = scene.cluster.shares().await.unwrap();
    let tally = scene.ask(30).await;
    tally.none_failed();
    assert_eq!(tally.exits.len(), EXITS, "{tally:?}");
    let after = scene.cluster.shares().await.unwrap();
    let shares: Vec<_> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    assert_eq!(shares.iter().sum::<u64>(), 30, "{shares:?}");
    assert!(shares.iter().all(|share| *share >= 5), "{shares:?}");
    let carried: Vec<_> = scene.exits.iter().map(|exit| exit.seen().len()).collect();
    assert!(carried.iter().all(|requests| *requests > 0), "{carried:?}");
}

#[tokio::test]
async fn a_project_made_through_the_balancer_is_live_on_every_node() {
    let scene = Scene::set(&[]).await;
    let (cluster, origin) = (&scene.cluster, &scene.origin);
    let exits: Vec<&Exit> = scene.exits.iter().collect();
    cluster.project_over("later", json!({}), &exits).await.unwrap();
    let fields = login("later", PASSWORD);
    for node in &cluster.nodes {
        let mut client = Client::connect(node.proxy()).await.unwrap();
        let answer = client.ask("GET", &origin.url("/echo"), &fields).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_login_at_one_node_is_good_at_every_node() {
    let scene = Scene::set(&[]).await;
    let mut instances = Vec::new();
    for _ in 0..6 {
        let health = scene.cluster.control.get("/health/detailed").await.unwrap();
        instances.push(health["instance_id"].as_str().unwrap().to_owned());
    }
    instances.sort();
    assert_eq!(instances, ["node1", "node1", "node2", "node2", "node3", "node3"]);
}

#[tokio::test]
async fn a_password_that_is_changed_counts_on_every_node() {
    let scene = Scene::set(&[]).await;
    let cluster = &scene.cluster;
    let change = json!({ "password": "another-project-password" });
    cluster.control.patch(&scene.project.path, &change).await.unwrap();
    for node in &cluster.nodes {
        let refused = || async {
            let mut client = Client::connect(node.proxy()).await.ok()?;
            let fields = login(&scene.project.username, PASSWORD);
            let answer = client.ask("GET", &scene.origin.url("/echo"), &fields).await.ok()?;
            (answer.status() == 407).then_some(())
        };
        let patience = std::time::Duration::from_secs(10);
        eventually("the old password is refused", patience, refused).await.unwrap();
        let api = Control::stranger(node.api());
        assert_eq!(api.get("/health").await.unwrap()["status"], "healthy");
    }
}
