//! What is not carried, and what is said about it.

use std::time::Duration;

use relay::Settings;

use crate::origin::Origin;
use crate::world::{LOGIN, World, endpoint, project};

async fn world() -> World {
    // No request of these tests may get as far as this exit.
    let nobody = crate::exits::nobody().await;
    World::new(project(), vec![endpoint(model::proxy::Protocol::Http, nobody)]).await
}

/// Sends `head` (with the login, where `{}` stands) and wants `status`, one answer, and the end.
async fn refused(world: &World, head: &str, status: u16) {
    let mut client = world.client().await;
    client.send(head.replace("{}", LOGIN)).await;
    // What is sent behind a refused request must not be served.
    let _ = tokio::io::AsyncWriteExt::write_all(
        &mut client.socket,
        b"GET http://127.0.0.1:1/smuggled HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n",
    )
    .await;
    let answer = client.answer().await;
    assert_eq!(answer.status, status, "{head:?} was answered {answer:?}");
    assert_eq!(answer.field("Connection"), Some("close"), "{head:?}");
    assert_eq!(answer.field("Content-Type"), Some("text/plain"), "{head:?}");
    assert!(answer.field("Proxy-Status").unwrap().starts_with("octoprox; error="), "{head:?}");
    assert_eq!(answer.text().lines().count(), 1, "{head:?}");
    assert_eq!(client.rest().await, b"", "{head:?}");
}

#[tokio::test]
async fn malformed_requests_are_refused_with_the_status_of_their_fault() {
    let world = world().await;
    let rows: &[(&str, u16)] = &[
        ("GET http://a.example/ HTTP/1.1\r\n{}\r\n", 400),
        ("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n{}\r\n", 400),
        ("GET http://user@a.example/ HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("GET http://a.example/#x HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("GET https://a.example/ HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("GET ftp://a.example/ HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("GET /index.html HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("GET a.example HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("GET http://2130706433/ HTTP/1.1\r\nHost: a\r\n{}\r\n", 400),
        ("CONNECT a.example HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("CONNECT a.example:0 HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("CONNECT a.example:65536 HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("CONNECT http://a.example:443 HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 400),
        ("CONNECT a.example:443 HTTP/1.1\r\nHost: b.example:443\r\n{}\r\n", 400),
        ("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n{}\r\n", 400),
        ("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nConnection: host\r\n{}\r\n", 400),
        (
            "POST http://a.example/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n{}\r\n",
            400,
        ),
        ("POST http://a.example/ HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n{}\r\n", 400),
        ("GET http://a.example/ HTTP/1.1\r\nHost : a\r\n{}\r\n", 400),
        ("GET http://a.example/ HTTP/1.1\nHost: a\r\n{}\r\n", 400),
        ("POST http://a.example/ HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n{}\r\n", 417),
        ("TRACE http://a.example/ HTTP/1.1\r\nHost: a\r\n{}\r\n", 405),
        ("GET http://a.example/ HTTP/1.2\r\nHost: a\r\n{}\r\n", 505),
    ];
    for (head, status) in rows {
        refused(&world, head, *status).await;
    }
    let long = format!("GET http://a.example/{} HTTP/1.1\r\n", "x".repeat(20_000));
    refused(&world, &(long + "Host: a\r\n{}\r\n"), 414).await;
    let large =
        format!("GET http://a.example/ HTTP/1.1\r\nHost: a\r\nX: {}\r\n", "x".repeat(70_000));
    refused(&world, &(large + "{}\r\n"), 431).await;
    let many = "X: y\r\n".repeat(120);
    refused(&world, &format!("GET http://a.example/ HTTP/1.1\r\nHost: a\r\n{many}{{}}\r\n"), 431)
        .await;
}

#[tokio::test]
async fn parameters_that_are_not_understood_are_refused_and_never_widen() {
    let world = world().await;
    for header in [
        "Octoprox-Contry: us",
        "Octoprox-Country: usa",
        "Octoprox-Session:",
        "Octoprox-Ttl: 5",
        "Octoprox-City: springfield",
    ] {
        let head = format!("GET http://a.example/ HTTP/1.1\r\nHost: a\r\n{{}}{header}\r\n\r\n");
        refused(&world, &head, 400).await;
    }
}

#[tokio::test]
async fn there_is_no_way_in_without_the_right_login() {
    let mut world = world().await;
    for login in [
        "",
        "Proxy-Authorization: Basic ZGVtbzp3cm9uZw==\r\n",
        "Proxy-Authorization: Basic bm9ib2R5OmRlbW8=\r\n",
        "Proxy-Authorization: Basic !!!\r\n",
        "Proxy-Authorization: Bearer ZGVtbzpkZW1v\r\n",
    ] {
        let mut client = world.client().await;
        client
            .send(format!("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n{login}\r\n"))
            .await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 407, "{login}");
        assert_eq!(answer.field("Proxy-Authenticate"), Some("Basic realm=\"octoprox\""));
        assert_eq!(client.rest().await, b"");
    }
    let two = format!("GET http://a.example/ HTTP/1.1\r\nHost: a\r\n{LOGIN}{LOGIN}\r\n");
    refused(&world, &two, 400).await;
    assert!(world.exchanges(6).await.iter().all(|exchange| exchange.project.is_none()));
}

#[tokio::test]
async fn ten_wrong_logins_in_a_minute_close_the_door() {
    let world = world().await;
    let wrong = "GET http://a.example/ HTTP/1.1\r\nHost: a\r\n\
                 Proxy-Authorization: Basic ZGVtbzp3cm9uZw==\r\n\r\n";
    for _ in 0..10 {
        let mut client = world.client().await;
        client.send(wrong).await;
        assert_eq!(client.answer().await.status, 407);
    }
    let mut client = world.client().await;
    client.send(wrong).await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 429);
    assert!(answer.field("Retry-After").unwrap().parse::<u64>().unwrap() <= 60);
}

#[tokio::test]
async fn targets_that_are_not_public_are_forbidden_unless_allowed() {
    let mut spec = project();
    spec.allow_targets = vec!["127.0.0.1:81".parse().unwrap()];
    let nobody = endpoint(model::proxy::Protocol::Http, crate::exits::nobody().await);
    let world = World::new(spec, vec![nobody]).await;
    for target in
        ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
    {
        let head = format!("GET http://{target}/ HTTP/1.1\r\nHost: a\r\n{{}}\r\n");
        refused(&world, &head, 403).await;
        let head = format!("CONNECT {target}:443 HTTP/1.1\r\nHost: {target}\r\n{{}}\r\n");
        refused(&world, &head, 403).await;
    }
    for name in ["localhost", "LOCALHOST.", "a.localhost"] {
        refused(&world, &format!("GET http://{name}/ HTTP/1.1\r\nHost: a\r\n{{}}\r\n"), 403).await;
    }
    // Allowed: it gets as far as the exit, where nobody is.
    refused(&world, "CONNECT 127.0.0.1:81 HTTP/1.1\r\nHost: 127.0.0.1:81\r\n{}\r\n", 502).await;
}

#[tokio::test]
async fn tunnels_go_only_to_the_ports_that_are_allowed() {
    let world = world().await;
    refused(&world, "CONNECT a.example:25 HTTP/1.1\r\nHost: a.example:25\r\n{}\r\n", 403).await;
    refused(&world, "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n{}\r\n", 502).await;
}

#[tokio::test]
async fn domain_rules_are_answered_403_and_an_empty_pool_503() {
    let mut spec = project();
    spec.domain_deny = vec!["bad.example".parse().unwrap()];
    let nobody = endpoint(model::proxy::Protocol::Http, crate::exits::nobody().await);
    let world = World::new(spec, vec![nobody]).await;
    let denied = "GET http://www.bad.example/ HTTP/1.1\r\nHost: a\r\n{}\r\n";
    refused(&world, denied, 403).await;
    let nowhere = "GET http://a.example/ HTTP/1.1\r\nHost: a\r\nOctoprox-Country: aq\r\n{}\r\n";
    refused(&world, nowhere, 503).await;
}

#[tokio::test]
async fn a_head_that_does_not_come_is_answered_408() {
    let settings = Settings { head_timeout: Duration::from_millis(200), ..Settings::default() };
    let world = World::with(project(), Vec::new(), settings).await;
    let mut client = world.client().await;
    client.send("GET http://a.example/ HT").await;
    assert_eq!(client.answer().await.status, 408);
    // A client that says nothing at all is let go without a word.
    let mut silent = world.client().await;
    assert_eq!(silent.rest().await, b"");
}

#[tokio::test]
async fn the_listener_answers_for_itself() {
    let mut world = world().await;
    let ask = "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut client = world.client().await;
    client.send(ask).await;
    assert_eq!(client.answer().await.status, 200);
    // The record of the next request is the first one.
    refused(&world, "TRACE http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 405).await;
    assert_eq!(world.exchanges(1).await[0].status, 405);
}

#[tokio::test]
async fn a_listener_that_is_nearly_full_asks_for_no_more() {
    let settings = Settings { max_connections: 20, ..Settings::default() };
    let world = World::with(project(), Vec::new(), settings).await;
    let ask = "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut idle = Vec::new();
    for (connections, status) in [(19, 200), (20, 503)] {
        while idle.len() + 1 < connections {
            let mut client = world.client().await;
            client.send("GET /live HTTP/1.1\r\n").await;
            idle.push(client);
        }
        let mut client = world.client().await;
        client.send(ask).await;
        assert_eq!(client.answer().await.status, status, "{connections}");
        client.rest().await;
    }
}

#[tokio::test]
async fn clients_from_a_trusted_network_need_no_password() {
    let origin = Origin::new().await;
    let mut spec = project();
    spec.source_cidrs = vec!["127.0.0.0/8".parse().unwrap()];
    let world = World::new(spec, Vec::new()).await;
    let mut client = world.client().await;
    let host = origin.address;
    client.send(format!("GET http://{host}/a HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
    assert_eq!(client.answer().await.text(), "you asked for /a");
}
