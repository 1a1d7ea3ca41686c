//! A whole node relays: the shortest proof that all parts fit together.

use serde_json::json;
use testbed::origin::Origin;
use testbed::proxies::Setup;
use testbed::world::{PASSWORD, World};

use model::proxy::Protocol;

#[tokio::test]
async fn requests_leave_through_one_exit_after_the_other_and_are_counted() {
    let origin = Origin::start().await.unwrap();
    let exits = [
        Setup::new(Protocol::Http).start().await.unwrap(),
        Setup::new(Protocol::Socks5).start().await.unwrap(),
        Setup::new(Protocol::Socks4).start().await.unwrap(),
    ];
    let world = World::start(&[]).await.unwrap();
    let exits: Vec<_> = exits.iter().collect();
    let project = world.project_over("shop", json!({"hedge": false}), &exits).await.unwrap();
    let mut peers = Vec::new();
    for _ in 0..6 {
        let answer = world.get(&project, "", (&origin, "/echo")).await.unwrap();
        assert_eq!(answer.status(), 200);
        let peer = answer.json().unwrap()["peer"].as_str().unwrap().to_owned();
        peers.push(peer.split(':').next().unwrap().to_owned());
    }
    assert_eq!(peers[..3], peers[3..], "three exits in turn");
    let mut distinct = peers[..3].to_vec();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 3, "{peers:?}");

    let usage = testbed::clock::eventually("usage", testbed::clock::SOON, || async {
        let usage = world.control.get(&format!("{}/usage", project.path)).await.ok()?;
        (usage["items"][0]["requests"] == 6).then_some(usage)
    });
    assert_eq!(usage.await.unwrap()["items"][0]["failures"], 0);
    let path = format!("{}/usage?level=proxies", project.path);
    let by_proxy = world.control.get(&path).await.unwrap();
    assert_eq!(by_proxy["items"].as_array().unwrap().len(), 3);
    let log = world.node.process.last_words().await.unwrap();
    testbed::node::never_logged(&log, &[PASSWORD, "testbed-administrator"]).unwrap();
}
