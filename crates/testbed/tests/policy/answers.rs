//! What clients are told, and how long the node is patient.

use serde_json::json;
use testbed::client::login;
use testbed::clock::SOON;
use testbed::proxies::Behaviour;
use testbed::world::PASSWORD;
use tokio::time::Instant;

use crate::parts::{Stage, refused};

const TELLING: [&str; 3] = ["octoprox-exit", "octoprox-attempts", "octoprox-session"];

#[tokio::test]
async fn answers_tell_the_exit_only_where_the_project_allows() {
    let stage = Stage::set(1).await;
    let told = stage.project("told", json!({})).await;
    let quiet = stage.project("quiet", json!({ "reveal_exit": false })).await;
    let path = format!("{}/proxies", told.path);
    let id = stage.world.control.get(&path).await.unwrap()["items"][0]["id"].clone();
    let (told_tunnel, _open) = stage.tunnel(&told, "target.test:443").await;
    for answer in [stage.get(&told, "-session-abc").await, told_tunnel] {
        assert_eq!(answer.head.get("octoprox-exit"), id.as_str());
        assert_eq!(answer.head.get("octoprox-attempts"), Some("1"));
        assert_eq!(answer.head.get("octoprox-why"), None);
    }
    let answer = stage.get(&told, "-session-abc").await;
    assert_eq!(answer.head.get("octoprox-session"), Some("abc"));
    let (quiet_tunnel, _open) = stage.tunnel(&quiet, "target.test:443").await;
    for answer in [stage.get(&quiet, "-session-abc-debug").await, quiet_tunnel] {
        assert_eq!(answer.status(), 200);
        for name in TELLING.into_iter().chain(["octoprox-why"]) {
            assert_eq!(answer.head.get(name), None, "{name}");
        }
    }
}

#[tokio::test]
async fn debug_adds_the_why() {
    let stage = Stage::set(2).await;
    let project = stage.project("why", json!({ "strategy": "least_used" })).await;
    let answer = stage.get(&project, "-debug").await;
    let why = answer.head.get("octoprox-why").expect("no why");
    assert!(why.contains("strategy=least_used") && why.contains("exits=2"), "{why}");
    let address = stage.exits[0].address().port().to_string();
    assert!(!why.contains(&address), "an exit's address: {why}");
}

#[tokio::test]
async fn attempts_are_counted_in_the_answer() {
    let stage = Stage::set(2).await;
    let project = stage.project("attempts", json!({ "hedge": false })).await;
    stage.exits[0].behave(Behaviour::Refuse).await;
    let mut attempts = Vec::new();
    for _ in 0..2 {
        let answer = stage.get(&project, "").await;
        assert_eq!(stage.carried_by(&answer), 1);
        attempts.push(answer.head.get("octoprox-attempts").unwrap().to_owned());
    }
    attempts.sort();
    assert_eq!(attempts, ["1", "2"]);
}

#[tokio::test]
async fn a_silent_tunnel_is_closed() {
    let stage = Stage::set(1).await;
    let project = stage.project("silence", json!({ "tunnel_idle_timeout_seconds": 1 })).await;
    let (answer, mut client) = stage.tunnel(&project, "target.test:80").await;
    assert_eq!(answer.status(), 200);
    let begun = Instant::now();
    // Bytes every now and then keep it open for longer than its patience.
    let answer = client.ask("GET", "/drip/10/300", "").await.unwrap();
    assert!(answer.complete && begun.elapsed().as_secs() >= 2);
    client.closed().await.unwrap();
    assert!(begun.elapsed() < SOON);
}

#[tokio::test]
async fn an_answer_that_does_not_begin_is_504() {
    let stage = Stage::set(1).await;
    let changes = json!({ "response_timeout_seconds": 1, "max_retries": 0, "hedge": false });
    let project = stage.project("patience", changes).await;
    let answer = stage.plain(&project, "", "http://target.test/stall").await;
    refused(&answer, 504);
    assert_eq!(stage.origin.request_count(), 1);
}

#[tokio::test]
async fn an_answer_to_what_cannot_be_sent_again_has_the_same_time_to_begin() {
    let stage = Stage::set(2).await;
    let changes = json!({ "response_timeout_seconds": 1 });
    let project = stage.project("once", changes).await;
    let fields = format!("{}Content-Length: 4\r\n", login(&project.username, PASSWORD));
    let mut client = stage.world.client().await.unwrap();
    let url = "http://target.test/stall";
    let head = format!("POST {url} HTTP/1.1\r\nHost: target.test\r\n{fields}\r\nbody");
    client.send(head).await.unwrap();
    refused(&client.answer("POST").await.unwrap(), 504);
    assert_eq!(stage.origin.request_count(), 1, "it was sent twice");
}

#[tokio::test]
async fn a_tunnel_that_does_not_open_is_504() {
    let stage = Stage::set(2).await;
    for exit in &stage.exits {
        exit.behave(Behaviour::Hang).await;
    }
    let changes = json!({ "connection_timeout_seconds": 1 });
    let project = stage.project("opening", changes).await;
    let begun = Instant::now();
    let (answer, _client) = stage.tunnel(&project, "target.test:443").await;
    refused(&answer, 504);
    assert!(begun.elapsed() < SOON / 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_session_keeps_its_exit_and_rotation_is_as_asked() {
    let stage = Stage::set(3).await;
    let project = stage.project("sessions", json!({})).await;
    let mut shares = stage.shares(&project, "-session-one", 6).await;
    shares.sort_unstable();
    assert_eq!(shares, [0, 0, 6]);
    assert_eq!(stage.shares(&project, "", 6).await, [2, 2, 2]);
    let every = stage.project("every", json!({ "rotate": "3" })).await;
    let mut carriers = Vec::new();
    for _ in 0..6 {
        carriers.push(stage.carried_by(&stage.get(&every, "").await));
    }
    assert!(carriers[..3].iter().all(|carrier| *carrier == carriers[0]), "{carriers:?}");
    assert!(carriers[3..].iter().all(|carrier| *carrier == carriers[3]), "{carriers:?}");
    assert_ne!(carriers[0], carriers[3]);
}
