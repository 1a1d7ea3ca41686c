//! What a node logs: lines of a request share its identifier, and more can be asked for, for a while.

use serde_json::{Value, json};
use testbed::client::Client;
use testbed::clock::{SOON, eventually};
use testbed::world::World;

const PATH: &str = "/api/v1/system/log-filter";

/// Lines of the log that have this message.
fn lines(world: &World, message: &str) -> Vec<Value> {
    let log = world.node.process.log();
    let lines = log.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == message).collect()
}

/// Waits until the node logs this.
async fn logs(world: &World, filter: &str) {
    let in_force = || async {
        let shown = world.control.get(PATH).await.ok()?;
        (shown["filter"] == filter).then_some(())
    };
    eventually(filter, SOON, in_force).await.unwrap();
}

async fn put(world: &World, body: &Value) -> u16 {
    world.control.call(("PUT", PATH), "", Some(body)).await.unwrap().status
}

#[tokio::test]
async fn more_is_logged_for_a_while_and_each_line_names_its_request() {
    let world = World::start(&[]).await.unwrap();
    logs(&world, "info").await;
    assert_eq!(lines(&world, "answered"), [Value::Null; 0]);
    for wrong in ["verbose", "info,relay=loud", "a=b=c", "", " "] {
        assert_eq!(put(&world, &json!({ "filter": wrong })).await, 422, "{wrong}");
    }
    let instance = world.control.get(PATH).await.unwrap()["instance_id"].clone();
    let elsewhere = json!({ "filter": "trace", "instance_id": "another-node" });
    assert_eq!(put(&world, &elsewhere).await, 200);
    assert_eq!(put(&world, &json!({ "filter": "info,api=debug" })).await, 200);
    logs(&world, "info,api=debug").await;

    let mut client = Client::connect(world.node.api()).await.unwrap();
    let answer = client.ask("GET", "/live", "").await.unwrap();
    let id = answer.head.get("x-request-id").unwrap().to_owned();
    let of_request = || async {
        let answered = lines(&world, "answered").into_iter();
        answered.into_iter().find(|line| line["span"]["request.id"] == *id)
    };
    eventually("a line of the request", SOON, of_request).await.unwrap();

    // One of its own goes before that of all, and both end by themselves.
    let own = json!({ "filter": "warn", "instance_id": instance, "seconds": 2 });
    assert_eq!(put(&world, &own).await, 200);
    logs(&world, "warn").await;
    logs(&world, "info,api=debug").await;
    assert_eq!(put(&world, &json!({ "filter": "debug", "seconds": 1 })).await, 200);
    logs(&world, "info").await;
    assert_eq!(put(&world, &json!({ "filter": "info,api=debug" })).await, 200);
    assert_eq!(put(&world, &json!({ "filter": null })).await, 200);
    logs(&world, "info").await;
}
