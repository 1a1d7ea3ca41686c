//! Caps that are used up are told once each, on one node and on three.

use serde_json::json;
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::cluster::Cluster;
use testbed::events::Events;
use testbed::origin::Origin;
use testbed::proxies::Setup;
use testbed::receiver::Receiver;
use testbed::world::PASSWORD;

use model::proxy::Protocol;

use super::scene::{LONG, SETTINGS, Scene, block, hook, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cap_is_told_when_it_is_near_and_when_it_is_reached_signed_and_after_retries() {
    let scene = Scene::set(block(400 * 1024)).await;
    let control = &scene.world.control;
    let (fails, other) =
        (Receiver::start(&[503, 302]).await.unwrap(), Receiver::start(&[]).await.unwrap());
    let path = hook(control, &fails, json!({ "events": ["cap_near", "cap_reached"] })).await;
    hook(control, &other, json!({ "events": ["node_lost"] })).await;
    let stream = "/api/v1/live/changes";
    let mut changes = Events::open(scene.world.node.api(), control, stream).await.unwrap();

    // Heads count, too: 330 KiB of bodies are between 80 and 100 %.
    scene.carry(33).await;
    scene.eventually_told(&fails, "alert.opened", "cap_near").await;
    let all = fails.told();
    assert_eq!(all.iter().map(|told| told.status).collect::<Vec<_>>(), [503, 302, 204]);
    assert!(all.iter().all(|told| told.id == all[0].id), "{all:?}");
    assert!(fails.took("alert.opened", "cap_reached").is_empty());
    let is_alert = |_: &str, view: &serde_json::Value| view["noun"] == "alert";
    let seen = changes.find(is_alert).await.unwrap();
    assert_eq!(seen["op"], "added");
    let sent = format!("{path}/deliveries");
    let is_done = |listed: &serde_json::Value| listed["items"][0]["state"] == "delivered";
    let delivery = until(control, &sent, is_done).await["items"][0].clone();
    assert_eq!((&delivery["attempts"], &delivery["status"]), (&json!(3), &json!(204)));
    assert_eq!((&delivery["id"], &delivery["error"]), (&json!(all[0].id), &json!(null)));

    scene.carry(12).await;
    scene.eventually_told(&fails, "alert.opened", "cap_reached").await;
    scene.carry(5).await;
    let alerts = control.get("/api/v1/alerts?state=open").await.unwrap();
    let kinds: Vec<_> = alerts["items"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["cap_reached", "cap_near"], "{alerts:#}");
    let alert = &alerts["items"][0];
    assert_eq!(alert["project_id"], json!(scene.project.path.rsplit('/').next().unwrap()));
    assert_eq!((&alert["severity"], &alert["subject_name"]), (&json!("critical"), &json!("shop")));
    assert_eq!(fails.told()[3].body["data"]["id"], alert["id"]);

    // Somebody knows; a larger cap ends both, and that is told, too.
    let known = format!("/api/v1/alerts/{}/acknowledge", alert["id"].as_str().unwrap());
    let known = control.post(&known, &json!({})).await.unwrap();
    assert_eq!(known["acknowledged_by"], testbed::node::ADMIN.0);
    let caps = json!({ "caps": block(1 << 30) });
    control.patch(&scene.project.path, &caps).await.unwrap();
    scene.eventually_told(&fails, "alert.resolved", "cap_near").await;
    scene.eventually_told(&fails, "alert.resolved", "cap_reached").await;
    for (event, kind) in [("alert.opened", "cap_near"), ("alert.opened", "cap_reached")] {
        assert_eq!(fails.took(event, kind).len(), 1, "{event} {kind}");
    }
    assert!(other.told().is_empty());

    // The same cap again in the same period is no news.
    let caps = json!({ "caps": block(400 * 1024) });
    control.patch(&scene.project.path, &caps).await.unwrap();
    scene.world.in_force().await.unwrap();
    control.patch(&scene.project.path, &json!({ "caps": block(410 * 1024) })).await.unwrap();
    scene.eventually_told(&fails, "alert.opened", "cap_near").await;
    let again = || async { (fails.took("alert.opened", "cap_near").len() == 2).then_some(()) };
    eventually("another cap is told", LONG, again).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_nodes_one_opens_an_alert_and_it_is_sent_once() {
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let cluster = Cluster::start(SETTINGS).await.unwrap();
    let changes = json!({ "caps": block(30 * 1024) });
    let project = cluster.project_over("shop", changes, &[&exit]).await.unwrap();
    let receiver = Receiver::start(&[500]).await.unwrap();
    let path = hook(&cluster.control, &receiver, json!({})).await;
    let fields = login(&project.username, PASSWORD);
    for node in &cluster.nodes {
        let mut client = Client::connect(node.proxy()).await.unwrap();
        for _ in 0..12 {
            let answer = client.ask("GET", &origin.url("/bytes/1024"), &fields).await.unwrap();
            assert_eq!(answer.status(), 200);
        }
    }
    let told = || async {
        let reached = receiver.took("alert.opened", "cap_reached");
        let near = receiver.took("alert.opened", "cap_near");
        (!reached.is_empty() && !near.is_empty()).then_some(())
    };
    eventually("both are told", LONG, told).await.unwrap();
    let delivered = |listed: &serde_json::Value| {
        let items = listed["items"].as_array().unwrap();
        items.iter().all(|it| it["state"] == "delivered")
    };
    let listed = until(&cluster.control, &format!("{path}/deliveries"), delivered).await;
    let kinds = ["cap_near", "cap_reached"];
    for kind in kinds {
        assert_eq!(receiver.took("alert.opened", kind).len(), 1, "{:?}", receiver.told());
        let of_kind = format!("/api/v1/alerts?kind={kind}");
        let alerts = cluster.control.get(&of_kind).await.unwrap();
        assert_eq!(alerts["total"], 1, "{alerts:#}");
    }
    let ids: std::collections::BTreeSet<_> = receiver.told().into_iter().map(|it| it.id).collect();
    assert_eq!((ids.len(), &listed["total"]), (2, &json!(2)), "{listed:#}");
    // Every node shows the same.
    for node in &cluster.nodes {
        let shown = || async {
            let mut client = Client::connect(node.api()).await.ok()?;
            let text = client.ask("GET", "/metrics", "").await.ok()?.text();
            text.contains("octoprox_alerts_open{kind=\"cap_reached\"} 1").then_some(())
        };
        eventually("every node shows it", LONG, shown).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_is_told_and_so_is_who_takes_over() {
    let mut cluster = Cluster::start(SETTINGS).await.unwrap();
    let receiver = Receiver::start(&[]).await.unwrap();
    hook(&cluster.control, &receiver, json!({})).await;
    let judge = || async { cluster.lease("alert_judge").await.ok()? };
    let judge = eventually("somebody judges", LONG, judge).await.unwrap();
    let place = (0..3).find(|place| judge.contains(&testbed::cluster::name(*place))).unwrap();
    let judge = testbed::cluster::name(place);
    cluster.nodes[place].process.kill().await.unwrap();
    let told = || async { receiver.took("alert.opened", "node_lost").first().cloned() };
    let told = eventually("the loss is told", LONG, told).await.unwrap();
    assert_eq!(told.body["data"]["subject_id"], judge);
    let taken = || async { receiver.took("alert.opened", "lease_taken_over").first().cloned() };
    eventually("the change is told", LONG, taken).await.unwrap();
    assert_eq!(receiver.took("alert.opened", "node_lost").len(), 1);
    cluster.start_again(place).await.unwrap();
    let back = || async { receiver.took("alert.resolved", "node_lost").first().cloned() };
    eventually("its return is told", LONG, back).await.unwrap();
}
