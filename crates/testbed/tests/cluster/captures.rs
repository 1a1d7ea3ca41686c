//! Records of exchanges are asked for at any node, wherever they were made.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::control::Control;
use testbed::events::Events;
use testbed::node::ADMIN;
use testbed::world::PASSWORD;
use tokio::time::Instant;

use super::scene::Scene;

const PATIENCE: Duration = Duration::from_secs(30);

/// So many requests to one node, each of a page of its own.
async fn ask(scene: &Scene, node: usize, pages: usize) {
    let proxy = scene.cluster.nodes[node].proxy();
    for page in 0..pages {
        let mut client = Client::connect(proxy).await.unwrap();
        let url = scene.origin.url(&format!("/echo?node{node}-{page}"));
        let answer = client.ask("GET", &url, &login(&scene.project.username, PASSWORD)).await;
        assert_eq!(answer.unwrap().status(), 200);
    }
}

fn items(listed: &Value) -> Vec<Value> {
    listed["items"].as_array().unwrap().clone()
}

/// All that this node shows, once there is so much of it.
async fn all(control: &Control, path: &str, count: usize) -> Value {
    let listed = || async {
        let listed = control.get(path).await.ok()?;
        (items(&listed).len() == count).then_some(listed)
    };
    eventually("the records", PATIENCE, listed).await.unwrap()
}

/// The numbers of all records, asked for two at a time.
async fn in_pages(control: &Control, path: &str) -> Vec<u64> {
    let (mut before, mut paged) = (String::new(), Vec::new());
    loop {
        let page = control.get(&format!("{path}?limit=2{before}")).await.unwrap();
        paged.extend(items(&page).iter().map(|item| item["id"].as_u64().unwrap()));
        match page["next"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => return paged,
        }
    }
}

#[tokio::test]
async fn every_node_shows_the_records_of_all_that_answer() {
    let mut scene = Scene::set(&[]).await;
    let inspection = json!({ "inspection": { "permille": 1000, "body_bytes": 1000 } });
    scene.cluster.control.patch(&scene.project.path, &inspection).await.unwrap();
    scene.cluster.in_force().await.unwrap();
    for node in 0..3 {
        ask(&scene, node, 3).await;
    }
    let path = format!("{}/captures", scene.project.path);
    for (place, node) in scene.cluster.nodes.iter().enumerate() {
        let control = Control::login(node.api(), ADMIN).await.unwrap();
        let listed = all(&control, &path, 9).await;
        assert_eq!(listed["unanswered"], json!([]));
        assert_eq!(listed["node"], format!("node{}", place + 1));
        let made_by: BTreeSet<_> =
            items(&listed).iter().map(|item| item["node"].as_str().unwrap().to_owned()).collect();
        assert_eq!(made_by.len(), 3, "{made_by:?}");
        let ids: Vec<_> = items(&listed).iter().map(|item| item["id"].as_u64().unwrap()).collect();
        assert!(ids.is_sorted_by(|a, b| a >= b), "{ids:?}");
        for item in items(&listed) {
            let one = format!("{path}/{}?node={}", item["id"], item["node"].as_str().unwrap());
            let shown = control.get(&one).await.unwrap();
            assert_eq!((&shown["url"], &shown["node"]), (&item["url"], &item["node"]));
            assert!(shown["response"]["content"]["text"].as_str().unwrap().contains("peer"));
        }
        // In pages, none is missing and none comes twice.
        let paged = in_pages(&control, &path).await;
        assert_eq!(paged, ids);
        // Rules are tried on all of them.
        let rules = json!([{ "name": "all", "signs": { "body": "peer" } }]);
        let body = json!({ "rules": rules, "captures": { "ids": ids } });
        let test = format!("{}/bans/test", scene.project.path);
        let tried = control.call(("POST", &test), "", Some(&body)).await.unwrap();
        assert_eq!(
            (tried.status, &tried.body["rules"][0]["banned"]),
            (200, &json!(9)),
            "{tried:?}"
        );
    }
    let missing = scene.cluster.control.call(("GET", &format!("{path}/1")), "", None).await;
    assert_eq!(missing.unwrap().status, 404);
    // Who does not answer is named, for as long as it counts as a node.
    scene.cluster.nodes[2].process.kill().await.unwrap();
    let control = Control::login(scene.cluster.nodes[0].api(), ADMIN).await.unwrap();
    let listed = control.get(&path).await.unwrap();
    assert_eq!((items(&listed).len(), &listed["unanswered"]), (6, &json!(["node3"])));
    let missing = control.call(("GET", &format!("{path}/1")), "", None).await.unwrap();
    assert_eq!(missing.status, 404);
    assert!(missing.body["detail"].as_str().unwrap().contains("node3"), "{missing:?}");
}

#[tokio::test]
async fn a_stream_shows_what_any_node_records_once() {
    let scene = Scene::set(&[]).await;
    let inspection = json!({ "inspection": { "permille": 1000, "body_bytes": 0 } });
    scene.cluster.control.patch(&scene.project.path, &inspection).await.unwrap();
    scene.cluster.in_force().await.unwrap();
    // What was there before is not shown.
    for node in 0..3 {
        ask(&scene, node, 1).await;
    }
    let path = format!("{}/captures", scene.project.path);
    let api = scene.cluster.nodes[0].api();
    let control = Control::login(api, ADMIN).await.unwrap();
    all(&control, &path, 3).await;
    let made = Instant::now();
    let aged = || async { (made.elapsed() > Duration::from_millis(500)).then_some(()) };
    eventually("they are old", PATIENCE, aged).await.unwrap();
    let stream = format!("{path}/stream?text=echo");
    let mut events = Events::open(api, &control, &stream).await.unwrap();
    let mut shown = Vec::new();
    for round in 1..=3 {
        for node in 0..3 {
            ask(&scene, node, round).await;
        }
        let count = 3 * (1..=round).sum::<usize>();
        while shown.len() < count {
            let record = events.find(|name, _| name == "capture").await.unwrap();
            shown.push((record["node"].to_string(), record["id"].as_u64().unwrap()));
        }
    }
    let once: BTreeSet<_> = shown.iter().collect();
    assert_eq!(once.len(), 18, "{shown:?}");
    let nodes: BTreeSet<_> = shown.iter().map(|(node, _)| node).collect();
    assert_eq!(nodes.len(), 3, "{shown:?}");
}
