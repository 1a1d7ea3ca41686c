//! Receivers that fail, for a while or for good.

use serde_json::json;
use testbed::receiver::Receiver;

use super::scene::{LONG, Scene, block, hook, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_dead_holds_nobody_up_and_one_that_is_gone_is_left_alone() {
    let scene = Scene::set(block(100 * 1024)).await;
    let control = &scene.world.control;
    let silent = Receiver::start(&[0; 100]).await.unwrap();
    let gone = Receiver::start(&[410]).await.unwrap();
    let well = Receiver::start(&[]).await.unwrap();
    for _ in 0..3 {
        hook(control, &silent, json!({})).await;
    }
    let path = hook(control, &gone, json!({})).await;
    hook(control, &well, json!({})).await;
    scene.carry(12).await;
    scene.eventually_told(&well, "alert.opened", "cap_near").await;
    scene.eventually_told(&well, "alert.opened", "cap_reached").await;
    let off = until(control, &path, |hook| hook["enabled"] == false).await;
    assert_eq!(off["disabled_because"], "gone");
    let left = |listed: &serde_json::Value| {
        listed["items"].as_array().unwrap().iter().all(|it| it["state"] == "dead")
    };
    until(control, &format!("{path}/deliveries"), left).await;
    assert_eq!(gone.told().len(), 1);
    let audit = control.get("/api/v1/audit?noun=webhook").await.unwrap();
    assert_eq!(audit["items"][0]["op"], "disabled", "{audit:#}");
    assert_eq!(audit["items"][0]["actor"]["kind"], "node");

    // It is tried by hand also while it is off.
    let trial = control.post(&format!("{path}/test"), &json!({})).await.unwrap();
    assert_eq!((&trial["is_delivered"], &trial["status"]), (&json!(true), &json!(204)));
    assert_eq!(gone.told()[1].body["type"], "ping");
    let on = control.patch(&path, &json!({ "enabled": true })).await.unwrap();
    assert_eq!((&on["enabled"], &on["disabled_because"]), (&json!(true), &json!(null)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_told_when_a_node_died_is_told_when_it_is_back() {
    let mut scene = Scene::set(block(100 * 1024)).await;
    let receiver = Receiver::start(&[500, 500, 500]).await.unwrap();
    hook(&scene.world.control, &receiver, json!({ "events": ["cap_reached"] })).await;
    scene.carry(12).await;
    let tried = || async { (!receiver.told().is_empty()).then_some(()) };
    testbed::clock::eventually("it is tried", LONG, tried).await.unwrap();
    scene.world.node.process.kill().await.unwrap();
    scene.world.node.start_again().await.unwrap();
    scene.eventually_told(&receiver, "alert.opened", "cap_reached").await;
    let ids: std::collections::BTreeSet<_> = receiver.told().into_iter().map(|it| it.id).collect();
    assert_eq!((ids.len(), receiver.took("alert.opened", "cap_reached").len()), (1, 1));
}
