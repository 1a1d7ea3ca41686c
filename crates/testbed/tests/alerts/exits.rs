//! Exits that do not work are told of, and when there are enough again.

use model::proxy::Protocol;
use serde_json::json;
use testbed::loopback;
use testbed::proxies::Setup;
use testbed::receiver::Receiver;
use testbed::world::{World, lines};

use super::scene::{SETTINGS, hook, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exits_that_fail_are_told_of_until_there_are_enough_again() {
    let world = World::start(SETTINGS).await.unwrap();
    let receiver = Receiver::start(&[]).await.unwrap();
    hook(&world.control, &receiver, json!({ "events": ["pool_shrank"] })).await;
    let works = Setup::new(Protocol::Http).start().await.unwrap();
    let dead = [(); 3].map(|()| format!("http://{}:9\n", loopback::own()));
    let list = lines(&[&works]) + &dead.concat();
    let changes = json!({ "health_check_interval_seconds": 1 });
    let project = world.project_with("shop", changes, &list).await.unwrap();
    let open = "/api/v1/alerts?state=open&kind=pool_shrank";
    let alerts = until(&world.control, open, |listed| listed["total"] == 1).await;
    let alert = &alerts["items"][0];
    assert_eq!(alert["severity"], "warning", "{alerts:#}");
    assert_eq!(alert["text"], "Of 4 exits that shop has enabled, 1 can be used.");
    let unhealthy = "/api/v1/alerts?state=open&kind=exits_unhealthy";
    until(&world.control, unhealthy, |listed| listed["total"] == 1).await;
    // Those that do not work are taken away.
    let path = format!("{}/proxies", project.path);
    let proxies = world.control.get(&path).await.unwrap();
    let dead = proxies["items"].as_array().unwrap().iter().filter(|it| it["port"] == 9);
    for proxy in dead {
        let path = format!("{}/proxies/{}", project.path, proxy["id"].as_str().unwrap());
        world.control.patch(&path, &json!({ "enabled": false })).await.unwrap();
    }
    until(&world.control, open, |listed| listed["total"] == 0).await;
    until(&world.control, unhealthy, |listed| listed["total"] == 0).await;
    let told = || async {
        let resolved = receiver.took("alert.resolved", "pool_shrank").len();
        (resolved == 1).then_some(receiver.took("alert.opened", "pool_shrank").len())
    };
    let opened = testbed::clock::eventually("it is told", super::scene::LONG, told).await.unwrap();
    assert_eq!(opened, 1);
}
