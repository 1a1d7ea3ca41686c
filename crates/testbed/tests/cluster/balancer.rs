//! The configuration of HAProxy: sound, and with what it offers switched on.

use std::time::Duration;

use testbed::clock::eventually;
use testbed::haproxy::{self, Fronts, HaProxy};

use super::scene::{Scene, request};

#[tokio::test]
async fn haproxy_finds_nothing_wrong_with_its_configuration() {
    let said = haproxy::judge(&haproxy::configuration()).await.unwrap();
    assert_eq!(said, "");
    let broken = haproxy::configuration().replace("balance leastconn", "balance lestconn");
    assert!(haproxy::judge(&broken).await.is_err());
}

#[tokio::test]
async fn with_the_proxy_protocol_nodes_are_in_and_clients_are_served() {
    let line = "#default-server send-proxy-v2";
    let configuration = haproxy::configuration();
    assert!(configuration.contains(line));
    let configuration = configuration.replace(line, &line[1..]);
    haproxy::judge(&configuration).await.unwrap();

    // This cluster's own HAProxy says nothing about clients, and so its nodes stay out.
    let mut scene = Scene::set(&[]).await;
    for node in &mut scene.cluster.nodes {
        let setting = ("OCTOPROX_PROXY_PROTOCOL_FROM", "127.0.0.0/8");
        node.process.set(setting.0, setting.1);
        node.start_again().await.unwrap();
    }
    let nodes = [0, 1, 2].map(|place| {
        let node = &scene.cluster.nodes[place];
        (node.proxy(), node.api())
    });
    let other = HaProxy::start_with(&configuration, Fronts::own(), nodes).await.unwrap();
    let patience = Duration::from_secs(20);
    for name in ["node1", "node2", "node3"] {
        let out = || async {
            scene.cluster.haproxy.server("proxies", name).await.ok()?.is_down().then_some(())
        };
        eventually("a check without the header fails", patience, out).await.unwrap();
        let is_in = || async { other.server("proxies", name).await.ok()?.is_up().then_some(()) };
        eventually("a check with the header succeeds", patience, is_in).await.unwrap();
    }
    for number in 0..6 {
        request(other.fronts().proxy, &scene.project, &scene.origin, number).await.unwrap();
    }
}
