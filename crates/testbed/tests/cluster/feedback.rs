//! A client tells that an exit is banned, and no node uses it for that host any more.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::control::{Called, Control};
use testbed::node::{ADMIN, Node};
use testbed::world::{PASSWORD, Project};

use super::scene::Scene;

const PATIENCE: Duration = Duration::from_secs(20);

/// The exit of a request, as the client is told.
async fn exit_of(scene: &Scene, node: &Node, account: &str) -> String {
    let mut client = Client::connect(node.proxy()).await.unwrap();
    let fields = login(account, PASSWORD);
    let answer = client.ask("GET", &scene.origin.url("/echo"), &fields).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.head.get("octoprox-exit").unwrap().to_owned()
}

async fn tell(node: &Node, project: &Project, login: (&str, &str), feedback: &Value) -> Called {
    let stranger = Control::stranger(node.api());
    let login = BASE64.encode(format!("{}:{}", login.0, login.1));
    let fields = format!("Authorization: Basic {login}\r\n");
    let path = format!("{}/feedback", project.path);
    stranger.call(("POST", &path), &fields, Some(feedback)).await.unwrap()
}

#[tokio::test]
async fn a_ban_that_a_client_tells_of_counts_on_every_node() {
    let scene = Scene::set(&[]).await;
    let (nodes, project) = (&scene.cluster.nodes, &scene.project);
    let session = format!("{}-session-told", project.username);
    let banned = exit_of(&scene, &nodes[0], &session).await;
    let ban = |exit: &str| json!({ "exit": exit, "host": "127.0.0.1", "verdict": "ban" });
    let own = (&*project.username, PASSWORD);

    for (login, status) in [((own.0, "wrong"), 401), (("nobody", PASSWORD), 401)] {
        assert_eq!(tell(&nodes[1], project, login, &ban(&banned)).await.status, status);
    }
    let strange = ban("0192f0c1-2345-7abc-8def-0123456789ab");
    assert_eq!(tell(&nodes[1], project, own, &strange).await.status, 404);
    for wrong in [json!({ "verdict": "great" }), json!({ "host": "a b" }), json!({ "seconds": 0 })]
    {
        let mut feedback = ban(&banned);
        feedback.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert_eq!(tell(&nodes[1], project, own, &feedback).await.status, 422, "{wrong}");
    }
    let good = json!({ "exit": banned, "host": "127.0.0.1", "verdict": "good" });
    let told = tell(&nodes[1], project, own, &good).await;
    assert_eq!((told.status, &told.body["marked"]), (200, &json!(false)), "{told:?}");

    // Of a session that had it, under its own account and password.
    let mut feedback = ban(&banned);
    feedback["rotate_session"] = json!("told");
    let told = tell(&nodes[1], project, (&session, PASSWORD), &feedback).await;
    assert_eq!(told.status, 200, "{told:?}");
    assert_eq!(told.body, json!({ "marked": true, "session_rotated": true }));
    for (place, node) in nodes.iter().enumerate() {
        let avoided = || async {
            let asks = [&session].into_iter().chain([&project.username; 6]);
            let exits = asks.map(|account| exit_of(&scene, node, account));
            (!join_all(exits).await.contains(&banned)).then_some(())
        };
        let what = format!("node{} keeps the exit away", place + 1);
        eventually(&what, PATIENCE, avoided).await.unwrap();
    }
    explained(&scene, &banned).await;
}

/// The node says of the exit why it is not among the candidates.
async fn explained(scene: &Scene, banned: &str) {
    let control = Control::login(scene.cluster.nodes[2].api(), ADMIN).await.unwrap();
    let question = json!({ "target": scene.origin.url("/echo") });
    let path = format!("{}/explain", scene.project.path);
    let told = control.post(&path, &question).await.unwrap();
    let candidates = told["candidates"].as_array().unwrap();
    assert!(candidates.iter().all(|candidate| candidate["exit"] != *banned), "{told:#}");
    let marked = told["marked"].as_array().unwrap();
    assert!(marked.iter().any(|mark| mark["exit"] == *banned && mark["by"] == "host"), "{told:#}");
}
