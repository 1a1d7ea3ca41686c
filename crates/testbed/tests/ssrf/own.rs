//! The proxy is no road to its own admin side, nor to what runs beside it.

use serde_json::json;
use testbed::origin::Origin;

use super::scene::{NOT_ALLOWED, Scene};

/// Every spelling of an address at which this node listens.
const HERE: [&str; 8] = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    // The system connects these to itself.
    "0.0.0.0",
    "[::ffff:0.0.0.0]",
];

/// Everything is allowed, but no rule names the ports.
#[tokio::test]
async fn our_own_ports_stay_shut_in_an_allowed_network() {
    let everything = json!({ "allow_targets": ["0.0.0.0/0", "::/0", "127.0.0.0/8", "0.0.0.0/8"] });
    let scene = Scene::set(everything).await;
    for port in [scene.world.node.api().port(), scene.world.node.proxy().port()] {
        for host in HERE {
            scene.refused(host, port, (403, NOT_ALLOWED)).await;
        }
    }
    scene.nothing_left_the_node();
}

/// A rule that names the port is the operator's word.
#[tokio::test]
async fn a_rule_opens_its_network_and_its_port_only() {
    let scene = Scene::set(json!({ "allow_targets": ["127.0.0.0/8"] })).await;
    let origin = Origin::start().await.unwrap();
    for host in ["127.0.0.1", "localhost", "LOCALHOST.", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/echo", origin.address().port());
        let answer = scene.plain(scene.direct(), &url).await;
        assert_eq!(answer.status(), 200, "{host}: {}", answer.text());
    }
    scene.refused("10.0.0.1", 80, (403, NOT_ALLOWED)).await;
    scene.refused("[::1]", scene.trap.port, (403, NOT_ALLOWED)).await;
    scene.refused("0.0.0.0", scene.trap.port, (403, NOT_ALLOWED)).await;

    let rule = format!("127.0.0.1:{}", origin.address().port());
    let change = json!({ "allow_targets": [rule] });
    scene.world.control.patch(&scene.direct().path, &change).await.unwrap();
    scene.world.in_force().await.unwrap();
    let answer = scene.plain(scene.direct(), &origin.url("/echo")).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let other = (scene.trap.port, (403, NOT_ALLOWED));
    scene.refused_in(scene.direct(), "127.0.0.1", other.0, other.1).await;
    scene.nothing_left_the_node();
}

/// A database, a cache, a balancer: whatever they are called, they hear nothing.
#[tokio::test]
async fn services_beside_the_node_are_out_of_reach() {
    let scene = Scene::set(json!({})).await;
    let services = [
        Origin::start().await.unwrap(),
        Origin::start().await.unwrap(),
        Origin::start().await.unwrap(),
    ];
    for service in &services {
        for host in HERE {
            scene.refused(host, service.address().port(), (403, NOT_ALLOWED)).await;
        }
    }
    for service in &services {
        assert_eq!(service.connection_count(), 0, "0 bytes, and no connection");
    }
    scene.nothing_left_the_node();
}
