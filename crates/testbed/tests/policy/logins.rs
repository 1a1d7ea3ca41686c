//! Who may send traffic, and what a username may say.

use std::net::SocketAddr;

use serde_json::json;
use testbed::client::{Client, login, socks};
use testbed::world::{PASSWORD, Project};

use crate::parts::{Stage, refused, retry_after};

async fn ask(proxy: SocketAddr, fields: &str) -> testbed::client::Answer {
    let mut client = Client::connect(proxy).await.unwrap();
    client.ask("GET", "http://target.test/echo", fields).await.unwrap()
}

#[tokio::test]
async fn a_login_must_be_right() {
    let stage = Stage::set(1).await;
    let project = stage.project("logins", json!({})).await;
    let proxy = stage.world.node.proxy();
    for fields in [
        String::new(),
        login(&project.username, "canary-wrong-password"),
        login("nobody", PASSWORD),
        login("", ""),
        "Proxy-Authorization: Bearer abc\r\n".to_owned(),
        "Proxy-Authorization: Basic !!!\r\n".to_owned(),
        format!("Authorization: {}\r\n", testbed::client::basic(&project.username, PASSWORD)),
    ] {
        let answer = ask(proxy, &fields).await;
        refused(&answer, 407);
        let challenge = answer.head.get("proxy-authenticate");
        assert_eq!(challenge, Some("Basic realm=\"octoprox\""), "{fields}");
    }
    assert!(stage.exits[0].seen().is_empty(), "an exit was asked");
    assert_eq!(ask(proxy, &login(&project.username, PASSWORD)).await.status(), 200);
    assert_eq!(stage.origin.requests()[0].head.get("proxy-authorization"), None);
}

#[tokio::test]
async fn a_changed_password_counts_and_the_old_one_does_not() {
    let stage = Stage::set(1).await;
    let project = stage.project("changing", json!({})).await;
    let proxy = stage.world.node.proxy();
    // It has been right, which must not be remembered for longer than it is.
    assert_eq!(ask(proxy, &login(&project.username, PASSWORD)).await.status(), 200);
    let change = json!({ "password": "canary-another-one" });
    stage.world.control.patch(&project.path, &change).await.unwrap();
    stage.world.in_force().await.unwrap();
    refused(&ask(proxy, &login(&project.username, PASSWORD)).await, 407);
    assert_eq!(ask(proxy, &login(&project.username, "canary-another-one")).await.status(), 200);
}

#[tokio::test]
async fn the_eleventh_wrong_login_of_a_minute_has_to_wait() {
    let stage = Stage::set(1).await;
    let project = stage.project("guessing", json!({})).await;
    let proxy = stage.world.node.proxy();
    assert_eq!(ask(proxy, &login(&project.username, PASSWORD)).await.status(), 200);
    for _ in 0..10 {
        refused(&ask(proxy, &login(&project.username, "canary-guess")).await, 407);
    }
    let answer = ask(proxy, &login(&project.username, PASSWORD)).await;
    refused(&answer, 429);
    assert!((1..=60).contains(&retry_after(&answer)));
    let tunnel = socks::socks5(proxy, Some((&project.username, PASSWORD)), "target.test", 80).await;
    assert!(matches!(tunnel.unwrap(), socks::Tunnel::LoginRefused(_)), "SOCKS5 went through");
}

#[tokio::test]
async fn a_project_that_is_off_serves_nobody() {
    let stage = Stage::set(1).await;
    let project = stage.project("off", json!({ "enabled": false })).await;
    let answer = stage.get(&project, "").await;
    refused(&answer, 503);
    assert!(retry_after(&answer) >= 1);
    refused(&stage.tunnel(&project, "target.test:443").await.0, 503);
    assert!(stage.exits[0].seen().is_empty(), "an exit was asked");
    stage.world.control.patch(&project.path, &json!({ "enabled": true })).await.unwrap();
    stage.world.in_force().await.unwrap();
    assert_eq!(stage.get(&project, "").await.status(), 200);
}

#[tokio::test]
async fn a_project_without_an_exit_serves_nobody() {
    let stage = Stage::set(0).await;
    let project = stage.project("bare", json!({})).await;
    let answer = stage.get(&project, "").await;
    refused(&answer, 503);
    assert!(retry_after(&answer) >= 1);
}

#[tokio::test]
async fn clients_of_a_listed_network_need_no_password() {
    let stage = Stage::set(1).await;
    let listed = stage.project("listed", json!({ "source_cidrs": ["127.0.0.0/8"] })).await;
    let locked = stage.project("locked", json!({})).await;
    let proxy = stage.world.node.proxy();
    assert_eq!(ask(proxy, "").await.status(), 200);
    let with_parameter = login(&format!("{}-session-abc", listed.username), "");
    let answer = ask(proxy, &with_parameter).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.head.get("octoprox-session"), Some("abc"));
    refused(&ask(proxy, &login(&locked.username, "")).await, 407);
    let tunnel = socks::socks5(proxy, None, "target.test", 80).await.unwrap();
    assert_eq!(tunnel.open().unwrap().ask("GET", "/echo", "").await.unwrap().status(), 200);

    let elsewhere = json!({ "source_cidrs": ["10.0.0.0/8", "::/0"] });
    stage.world.control.patch(&listed.path, &elsewhere).await.unwrap();
    stage.world.in_force().await.unwrap();
    refused(&ask(proxy, "").await, 407);
}

/// Sends a parameter as a field of a request.
async fn with_field(stage: &Stage, project: &Project, field: &str) -> u16 {
    let fields = format!("{}{field}\r\n", login(&project.username, PASSWORD));
    ask(stage.world.node.proxy(), &fields).await.status()
}

#[tokio::test]
async fn a_parameter_that_is_not_understood_is_refused_with_a_sentence() {
    let stage = Stage::set(1).await;
    let project = stage.project("words", json!({})).await;
    for parameters in [
        "-unheard-of",
        "-session",
        "-session-",
        "-country-usa",
        "-country-1x",
        "-ttl-soon",
        "-retry-99",
        "-rotate-never",
        "-type-fast",
        "-exit-here",
        "-lost-never",
        "-asn-x",
        "-city-berlin",
        "-session-a-session-b",
    ] {
        let sentence = refused(&stage.get(&project, parameters).await, 400);
        assert!(sentence.contains("parameter"), "{parameters}: {sentence}");
        assert_eq!(sentence.trim().lines().count(), 1, "{parameters}: {sentence}");
    }
    assert_eq!(with_field(&stage, &project, "Octoprox-Session: abc").await, 200);
    assert_eq!(with_field(&stage, &project, "Octoprox-Unheard: of").await, 400);
    assert_eq!(with_field(&stage, &project, "Octoprox-Country: usa").await, 400);
    let seen = &stage.exits[0].seen();
    assert_eq!(seen.len(), 1, "an exit was asked");
    assert_eq!(seen[0].head.as_ref().unwrap().get("octoprox-session"), None);
}

#[tokio::test]
async fn a_vendor_dialect_is_spoken_where_the_project_says_so() {
    let stage = Stage::set(2).await;
    let changes = json!({ "username": "brd-customer-c1-zone-z1", "dialect": "brightdata" });
    let body = json!({ "name": "x", "username": "x", "password": PASSWORD, "dialect": "none" });
    let unknown = stage.world.control.call(("POST", "/api/v1/projects"), "", Some(&body)).await;
    assert_eq!(unknown.unwrap().status, 422);
    let project = stage.project("vendor", changes).await;
    let mut carriers = Vec::new();
    for _ in 0..4 {
        let answer = stage.get(&project, "-session-abc123").await;
        carriers.push(stage.carried_by(&answer));
    }
    carriers.dedup();
    assert_eq!(carriers.len(), 1, "the session moved");
    refused(&stage.get(&project, "-ttl-10m").await, 400);
}
