//! Sessions, strategies, probes, and how exits are spoken to.

use serde_json::json;
use testbed::clock::{SOON, eventually};
use testbed::proxies::{Behaviour, Setup};
use testbed::tls::Authority;

use crate::parts::{Stage, refused};

#[tokio::test]
async fn a_session_that_lost_its_exit_moves_or_fails_as_the_project_says() {
    for (lost, expected) in [("any", 200), ("fail", 502)] {
        let stage = Stage::set(2).await;
        let changes = json!({ "session_lost": lost, "hedge": false });
        let project = stage.project("lost", changes).await;
        let exit = stage.carried_by(&stage.get(&project, "-session-one").await);
        stage.exits[exit].behave(Behaviour::Refuse).await;
        for _ in 0..3 {
            let answer = stage.get(&project, "-session-one").await;
            assert_eq!(answer.status(), expected, "{lost}: {}", answer.text());
        }
        assert_eq!(stage.exits[1 - exit].seen().is_empty(), lost == "fail", "{lost}");
    }
}

#[tokio::test]
async fn the_sticky_strategy_keeps_a_client_at_its_exit() {
    let stage = Stage::set(3).await;
    let project = stage.project("sticky", json!({ "strategy": "sticky" })).await;
    let mut shares = stage.shares(&project, "", 6).await;
    shares.sort_unstable();
    assert_eq!(shares, [0, 0, 6]);
}

#[tokio::test]
async fn least_used_takes_the_exit_with_the_fewest_in_flight() {
    let stage = Stage::set(3).await;
    let project = stage.project("fewest", json!({ "strategy": "least_used" })).await;
    let mut open = Vec::new();
    for _ in 0..6 {
        let (answer, client) = stage.tunnel(&project, "target.test:443").await;
        assert_eq!(answer.status(), 200);
        open.push(client);
    }
    let tunnels: Vec<_> = stage.exits.iter().map(testbed::proxies::Exit::tunnels).collect();
    assert_eq!(tunnels, [2, 2, 2]);
}

#[tokio::test]
async fn probes_ask_what_the_connector_says_and_notice_a_dead_exit() {
    let stage = Stage::set(2).await;
    let url = |path: &str| format!("http://target.test/{path}");
    let changes = json!({ "health_check_interval_seconds": 1, "health_check_timeout_seconds": 1,
        "health_check_url": url("status/204") });
    let project = stage.world.project("probes", changes).await.unwrap();
    for (number, settings) in
        [json!({}), json!({ "health_check_url": url("status/200") })].into_iter().enumerate()
    {
        let name = format!("c{number}");
        let made = stage.world.connector(&project, &name, settings).await.unwrap();
        let list = testbed::world::lines(&[&stage.exits[number]]);
        stage.world.upload(&project, &made, &list).await.unwrap();
    }
    stage.world.in_force().await.unwrap();
    let asked = |number: usize, path: &str| {
        let (source, path) = (stage.exits[number].source().to_string(), path.to_owned());
        let requests = stage.origin.requests();
        let mut probes = requests.iter().filter(|request| request.head.target().ends_with(&path));
        probes.any(|request| request.peer.ip().to_string() == source)
    };
    let probed = || async { (asked(0, "status/204") && asked(1, "status/200")).then_some(()) };
    eventually("both probes", SOON, probed).await.unwrap();
    assert!(!asked(0, "status/200") && !asked(1, "status/204"), "the wrong probe");
    stage.exits[0].behave(Behaviour::Hang).await;
    let path = format!("{}/proxies", project.path);
    let port = stage.exits[0].address().port();
    let noticed = || async {
        let listed = stage.world.control.get(&path).await.ok()?;
        let items = listed["items"].as_array()?;
        let one = items.iter().find(|item| item["port"] == port)?;
        (one["health"]["status"] == "unhealthy").then_some(())
    };
    eventually("a dead exit is noticed without a request", SOON * 2, noticed).await.unwrap();
}

#[tokio::test]
async fn certificates_of_a_connector_are_trusted_and_no_others() {
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let mut stage = Stage::set(0).await;
    let setup = Setup::https(&authority).unwrap().leading_to(&stage.origin);
    stage.exits.push(setup.start().await.unwrap());
    let trusting = stage.connectors("trusting", [json!({ "ca_pem": authority.pem() })]).await;
    assert_eq!(stage.get(&trusting, "").await.status(), 200);
    for (name, pem) in [("strange", json!(other.pem())), ("public", json!(null))] {
        let project = stage.connectors(name, [json!({ "ca_pem": pem })]).await;
        refused(&stage.get(&project, "").await, 502);
    }
    assert_eq!(stage.origin.request_count(), 1);
}

#[tokio::test]
async fn names_of_tunnels_are_resolved_where_the_connector_says() {
    let stage = Stage::set(1).await;
    for (resolve, host) in [("exit", "localhost"), ("node", "127.0.0.1")] {
        let project = stage.connectors(resolve, [json!({ "resolve": resolve })]).await;
        let port = stage.origin.address().port();
        let (answer, _open) = stage.tunnel(&project, &format!("localhost:{port}")).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        assert_eq!(stage.exits[0].seen().last().unwrap().target, format!("{host}:{port}"));
    }
}

#[tokio::test]
async fn names_of_plain_requests_are_resolved_where_the_connector_says() {
    let stage = Stage::set(1).await;
    for (resolve, host) in [("exit", "localhost"), ("node", "127.0.0.1")] {
        let project = stage.connectors(resolve, [json!({ "resolve": resolve })]).await;
        let authority = format!("localhost:{}", stage.origin.address().port());
        let answer = stage.plain(&project, "", &format!("http://{authority}/echo")).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let asked = stage.exits[0].seen().last().unwrap().target.clone();
        assert!(asked.contains(&format!("{host}:")), "{resolve}: the exit was asked for {asked}");
        let requests = stage.origin.requests();
        assert_eq!(requests.last().unwrap().head.get("host"), Some(&*authority));
    }
}
