//! Sticky sessions, seen and steered from any node.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::control::Control;
use testbed::node::{ADMIN, Node};
use testbed::world::{PASSWORD, Project};

use super::scene::Scene;

const PATIENCE: Duration = Duration::from_secs(20);

/// The exit that a request of a session leaves a node through, as the target sees it.
async fn exit_of(scene: &Scene, node: &Node, project: &Project, session: &str) -> String {
    let mut client = Client::connect(node.proxy()).await.unwrap();
    let fields = login(&format!("{}-session-{session}", project.username), PASSWORD);
    let answer = client.ask("GET", &scene.origin.url("/echo"), &fields).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let peer = answer.json().unwrap()["peer"].as_str().unwrap().to_owned();
    peer.split(':').next().unwrap().to_owned()
}

fn path(project: &Project) -> String {
    format!("{}/sessions", project.path)
}

async fn names(control: &Control, path: &str) -> Vec<String> {
    let listed = control.get(path).await.unwrap();
    assert_eq!(listed["unanswered"], json!([]));
    let items = listed["items"].as_array().unwrap().iter();
    items.map(|item| item["session"].as_str().unwrap().to_owned()).collect()
}

async fn delete(control: &Control, path: &str) -> (u16, Value) {
    let called = control.call(("DELETE", path), "", None).await.unwrap();
    (called.status, called.body)
}

#[tokio::test]
async fn sessions_of_every_node_are_listed_by_any_and_rotate_everywhere() {
    let scene = Scene::set(&[]).await;
    let exits: Vec<_> = scene.exits.iter().collect();
    // The strictest: a session that has lost its exit gets no other, unless somebody rotates it.
    let project = json!({ "session_lost": "fail" });
    let project = scene.cluster.project_over("steered", project, &exits).await.unwrap();
    let nodes = &scene.cluster.nodes;
    let mut before = BTreeMap::new();
    for (number, session) in ["a1", "a2", "a3", "b1"].into_iter().enumerate() {
        let exit = exit_of(&scene, &nodes[number % 3], &project, session).await;
        before.insert(session, exit);
    }
    let path = path(&project);
    for node in nodes {
        let control = Control::login(node.api(), ADMIN).await.unwrap();
        assert_eq!(names(&control, &path).await, ["a1", "a2", "a3", "b1"]);
        assert_eq!(names(&control, &format!("{path}?prefix=a&after=a1")).await, ["a2", "a3"]);
        let page = control.get(&format!("{path}?limit=3")).await.unwrap();
        assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (3, &json!("a3")));
    }
    let control = Control::login(nodes[1].api(), ADMIN).await.unwrap();
    let listed = control.get(&path).await.unwrap();
    let item = listed["items"][0].clone();
    assert_eq!((&item["nodes"], &item["shared"]), (&json!(["node1"]), &json!(false)));
    assert!(item["expires_at"].as_str() > item["since"].as_str(), "{item}");
    let exit = item["exit"].as_str().unwrap();
    let through = control.get(&format!("{path}?exit={exit}")).await.unwrap();
    assert!(through["items"].as_array().unwrap().iter().all(|other| other["exit"] == exit));

    let (status, body) = delete(&control, &format!("{path}/a1")).await;
    assert_eq!((status, &body["rotated"], &body["kept"]), (200, &json!(1), &json!(0)), "{body}");
    assert_eq!(names(&control, &path).await, ["a2", "a3", "b1"]);
    let mut after = Vec::new();
    for node in nodes {
        after.push(exit_of(&scene, node, &project, "a1").await);
    }
    assert!(!after.contains(&before["a1"]), "{after:?} after {before:?}");
    let agree = || async {
        let mut seen = Vec::new();
        for node in nodes {
            seen.push(exit_of(&scene, node, &project, "a1").await);
        }
        seen.windows(2).all(|pair| pair[0] == pair[1]).then_some(())
    };
    eventually("all nodes agree on the exit", PATIENCE, agree).await.unwrap();

    let (status, body) = delete(&control, &format!("{path}?prefix=a")).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(names(&control, &path).await, ["b1"]);
    for (session, exit) in &before {
        let now = exit_of(&scene, &nodes[2], &project, session).await;
        assert_eq!(now == *exit, *session == "b1", "{session}: {now} after {exit}");
    }
    assert_eq!(delete(&control, &format!("{path}/nobody")).await.0, 404);
    let log = control.get("/api/v1/audit?noun=sticky_session").await.unwrap();
    assert_eq!(log["items"].as_array().unwrap().len(), 2, "{log}");
}

#[tokio::test]
async fn a_session_without_another_exit_keeps_the_only_one() {
    let scene = Scene::set(&[]).await;
    let only = &scene.exits[0];
    let project = scene.cluster.project_over("single", json!({}), &[only]).await.unwrap();
    let node = &scene.cluster.nodes[0];
    let exit = exit_of(&scene, node, &project, "a").await;
    let control = Control::login(node.api(), ADMIN).await.unwrap();
    let (status, body) = delete(&control, &format!("{}/a", path(&project))).await;
    assert_eq!(status, 409, "{body}");
    let (status, body) = delete(&control, &path(&project)).await;
    assert_eq!((status, &body["rotated"], &body["kept"]), (200, &json!(0), &json!(1)), "{body}");
    assert_eq!(exit_of(&scene, node, &project, "a").await, exit);
}
