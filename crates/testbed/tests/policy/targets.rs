//! Where the clients of a project may go.

use serde_json::json;

use crate::parts::{Stage, refused};

#[tokio::test]
async fn domain_rules_are_kept_for_requests_and_tunnels() {
    let stage = Stage::set(1).await;
    let rules = json!({ "domain_allow": ["target.test"], "domain_deny": ["deny.target.test"] });
    let project = stage.project("domains", rules).await;
    for (host, allowed) in [
        ("target.test", true),
        ("www.target.test", true),
        ("deny.target.test", false),
        ("a.deny.target.test", false),
        ("target.test.other", false),
        ("nottarget.test", false),
    ] {
        let answer = stage.plain(&project, "", &format!("http://{host}/echo")).await;
        let (tunnel, _client) = stage.tunnel(&project, &format!("{host}:443")).await;
        if allowed {
            assert_eq!((answer.status(), tunnel.status()), (200, 200), "{host}");
        } else {
            let sentences = [refused(&answer, 403), refused(&tunnel, 403)];
            assert!(sentences.iter().all(|sentence| !sentence.contains(host)), "{sentences:?}");
        }
    }
    assert!(stage.exits[0].seen().iter().all(|seen| !seen.target.contains("deny")));
}

#[tokio::test]
async fn tunnels_lead_to_allowed_ports_only() {
    let stage = Stage::set(1).await;
    let project = stage.project("ports", json!({ "connect_ports": [443, 8443] })).await;
    for (port, allowed) in [(443, true), (8443, true), (80, false), (25, false), (8444, false)] {
        let (answer, _client) = stage.tunnel(&project, &format!("target.test:{port}")).await;
        if allowed {
            assert_eq!(answer.status(), 200, "{port}");
        } else {
            refused(&answer, 403);
        }
    }
    let answer = stage.plain(&project, "", "http://target.test:25/echo").await;
    assert_eq!(answer.status(), 200, "plain requests may go to any port");
}

#[tokio::test]
async fn private_targets_need_a_rule() {
    let stage = Stage::set(1).await;
    let project = stage.project("private", json!({ "allow_targets": ["10.1.0.0/16:8080"] })).await;
    let api = stage.world.node.api().to_string();
    for target in [
        "127.0.0.1:80",
        "localhost:80",
        "a.localhost:80",
        "10.1.0.1:80",
        "10.2.0.1:8080",
        "192.168.0.1:80",
        "169.254.169.254:80",
        "100.64.0.1:80",
        "0.0.0.0:80",
        "[::1]:80",
        "[::ffff:127.0.0.1]:80",
        "[fd00::1]:80",
        "[64:ff9b::7f00:1]:80",
        &api,
    ] {
        refused(&stage.plain(&project, "", &format!("http://{target}/")).await, 403);
        refused(&stage.tunnel(&project, target).await.0, 403);
    }
    assert!(stage.exits[0].seen().is_empty(), "an exit was asked");
    let answer = stage.plain(&project, "", "http://10.1.0.1:8080/echo").await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn the_node_itself_needs_a_rule_with_its_port() {
    let stage = Stage::set(1).await;
    let open = json!({ "allow_targets": ["127.0.0.0/8"] });
    let project = stage.project("own", open).await;
    for own in [stage.world.node.api(), stage.world.node.proxy()] {
        refused(&stage.plain(&project, "", &format!("http://{own}/")).await, 403);
        refused(&stage.tunnel(&project, &own.to_string()).await.0, 403);
    }
}

#[tokio::test]
async fn odd_spellings_of_addresses_are_no_targets() {
    let stage = Stage::set(1).await;
    let project = stage.project("odd", json!({})).await;
    for host in ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "0x7f.1"] {
        refused(&stage.plain(&project, "", &format!("http://{host}/")).await, 400);
        refused(&stage.tunnel(&project, &format!("{host}:80")).await.0, 400);
    }
    for target in
        ["target.test", "target.test:0", "target.test:65536", "user@target.test:80", ":80"]
    {
        refused(&stage.tunnel(&project, target).await.0, 400);
    }
    assert!(stage.exits[0].seen().is_empty(), "an exit was asked");
}
