//! Which exits a request may leave through.

use serde_json::json;
use testbed::clock::{SOON, eventually};
use testbed::proxies::Behaviour;
use testbed::world::lines;

use crate::parts::{Stage, refused, retry_after};

#[tokio::test]
async fn a_connector_is_used_for_its_domains_only() {
    let stage = Stage::set(2).await;
    let rules = [json!({ "domain_deny": ["deny.test"] }), json!({ "domain_allow": ["deny.test"] })];
    let project = stage.connectors("domains", rules).await;
    for (host, exit) in [("deny.test", 1), ("a.deny.test", 1), ("target.test", 0)] {
        for _ in 0..3 {
            let answer = stage.plain(&project, "", &format!("http://{host}/echo")).await;
            assert_eq!(stage.carried_by(&answer), exit, "{host}");
        }
    }
}

#[tokio::test]
async fn weights_are_shares() {
    let stage = Stage::set(2).await;
    let weights = [json!({ "weight": 3 }), json!({ "weight": 1 })];
    let project = stage.connectors("weights", weights).await;
    assert_eq!(stage.shares(&project, "", 16).await, [12, 4]);
}

#[tokio::test]
async fn a_later_tier_is_for_when_the_first_has_nothing() {
    let stage = Stage::set(2).await;
    let tiers = [json!({ "priority": 1 }), json!({ "priority": 0 })];
    let project = stage.connectors("tiers", tiers).await;
    assert_eq!(stage.shares(&project, "", 4).await, [0, 4]);
    stage.exits[1].behave(Behaviour::Refuse).await;
    assert_eq!(stage.shares(&project, "", 4).await, [4, 0]);
}

#[tokio::test]
async fn what_is_off_is_not_used() {
    let stage = Stage::set(3).await;
    let settings = [json!({ "enabled": false }), json!({}), json!({})];
    let project = stage.connectors("switches", settings).await;
    assert_eq!(stage.shares(&project, "", 4).await, [0, 2, 2]);
    let path = format!("{}/proxies", project.path);
    let listed = stage.world.control.get(&path).await.unwrap();
    let port = stage.exits[1].address().port();
    let items = listed["items"].as_array().unwrap();
    let one = items.iter().find(|item| item["port"] == port).unwrap()["id"].as_str().unwrap();
    let off = json!({ "enabled": false });
    stage.world.control.patch(&format!("{path}/{one}"), &off).await.unwrap();
    stage.world.in_force().await.unwrap();
    assert_eq!(stage.shares(&project, "", 4).await, [0, 0, 4]);
}

#[tokio::test]
async fn countries_and_tags_are_what_a_username_asks_for() {
    let stage = Stage::set(3).await;
    let project = stage.world.project("places", json!({})).await.unwrap();
    let countries = json!({ "countries": ["DE", "AT"] });
    let by_connector = stage.world.connector(&project, "c", countries).await.unwrap();
    let by_proxy = stage.world.connector(&project, "p", json!({})).await.unwrap();
    let exits = [&stage.exits[0], &stage.exits[1], &stage.exits[2]];
    stage.world.upload(&project, &by_connector, &lines(&exits[..1])).await.unwrap();
    let path = format!("{}/proxies", project.path);
    for (exit, country, tags) in [(exits[1], "GB", json!(["fast"])), (exits[2], "US", json!([]))] {
        let proxy = json!({ "connector_id": by_proxy, "host": "127.0.0.1", "country": country,
            "port": exit.address().port(), "tags": tags });
        stage.world.control.post(&path, &proxy).await.unwrap();
    }
    stage.world.in_force().await.unwrap();
    for (parameters, shares) in [
        ("-country-de", [3, 0, 0]),
        ("-cc-AT", [3, 0, 0]),
        ("-country-uk", [0, 3, 0]),
        ("-country-us", [0, 0, 3]),
        ("-tag-fast", [0, 3, 0]),
        ("-tag-fast-country-gb", [0, 3, 0]),
        ("-connector-c", [3, 0, 0]),
    ] {
        assert_eq!(stage.shares(&project, parameters, 3).await, shares, "{parameters}");
    }
    let mut either = stage.shares(&project, "-country-gb-country-us", 4).await;
    either.sort_unstable();
    assert_eq!(either, [0, 2, 2]);
    for parameters in ["-country-fr", "-tag-slow", "-tag-fast-country-us", "-connector-none"] {
        refused(&stage.get(&project, parameters).await, 503);
    }
}

#[tokio::test]
async fn an_exit_that_rests_by_hand_is_not_used() {
    let stage = Stage::set(2).await;
    let project = stage.project("rest", json!({})).await;
    let path = format!("{}/proxies", project.path);
    let listed = stage.world.control.get(&path).await.unwrap();
    let port = stage.exits[0].address().port();
    let items = listed["items"].as_array().unwrap();
    let id = |port: u16| items.iter().find(|item| item["port"] == port).unwrap()["id"].clone();
    let rest = |id: serde_json::Value| format!("{path}/{}/quarantine", id.as_str().unwrap());
    let (first, second) = (rest(id(port)), rest(id(stage.exits[1].address().port())));
    let seconds = json!({ "seconds": 600 });
    let put = async |path: &str| {
        let called = stage.world.control.call(("PUT", path), "", Some(&seconds)).await.unwrap();
        assert_eq!(called.status, 204);
    };
    put(&first).await;
    assert_eq!(stage.shares(&project, "", 4).await, [0, 4]);
    put(&second).await;
    let answer = stage.get(&project, "").await;
    refused(&answer, 429);
    assert!((500..=600).contains(&retry_after(&answer)));
    let ended = stage.world.control.call(("DELETE", &first), "", None).await.unwrap();
    assert_eq!(ended.status, 204);
    assert_eq!(stage.shares(&project, "", 4).await, [4, 0]);
}

#[tokio::test]
async fn a_direct_connector_dials_from_its_address() {
    let stage = Stage::set(0).await;
    let project = stage.world.project("direct", json!({})).await.unwrap();
    let direct = json!({ "kind": "direct", "source_address": "127.0.0.9" });
    stage.world.connector(&project, "direct", direct).await.unwrap();
    stage.world.in_force().await.unwrap();
    let answer = stage.plain(&project, "", &stage.origin.url("/echo")).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let peer = answer.json().unwrap()["peer"].as_str().unwrap().to_owned();
    assert!(peer.starts_with("127.0.0.9"), "{peer}");
    let target = stage.origin.address().to_string();
    let (answer, mut client) = stage.tunnel(&project, &target).await;
    assert_eq!(answer.status(), 200);
    let answer = client.ask("GET", "/echo", "").await.unwrap();
    assert!(answer.json().unwrap()["peer"].as_str().unwrap().starts_with("127.0.0.9"));
    refused(&stage.plain(&project, "", "http://10.0.0.1/").await, 403);
}

#[tokio::test]
async fn a_credential_is_the_login_of_exits_without_one() {
    let mut stage = Stage::set(0).await;
    let setup = testbed::proxies::Setup::new(model::proxy::Protocol::Http);
    let setup = setup.account("tenant", "canary-tenant-password").leading_to(&stage.origin);
    stage.exits.push(setup.start().await.unwrap());
    let project = stage.world.project("inherited", json!({})).await.unwrap();
    let account = json!({ "name": "account",
        "fields": { "username": "tenant", "password": "canary-tenant-password" } });
    let path = format!("{}/credentials", project.path);
    let made = stage.world.control.post(&path, &account).await.unwrap();
    let with = json!({ "credential_id": made["id"] });
    let connector = stage.world.connector(&project, "with", with).await.unwrap();
    stage.world.upload(&project, &connector, &lines(&[&stage.exits[0]])).await.unwrap();
    stage.world.in_force().await.unwrap();
    assert_eq!(stage.get(&project, "").await.status(), 200);
    let changed = json!({ "fields": { "password": "canary-wrong" } });
    let path = format!("{path}/{}", made["id"].as_str().unwrap());
    stage.world.control.patch(&path, &changed).await.unwrap();
    stage.world.in_force().await.unwrap();
    let failed = || async { (stage.get(&project, "").await.status() == 502).then_some(()) };
    eventually("the changed password is used, and wrong", SOON, failed).await.unwrap();
}
