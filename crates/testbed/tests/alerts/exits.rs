//! Exits that do not work are told of, and when there are enough again.

use futures_util::future::join_all;
use model::proxy::Protocol;
use serde_json::json;
use testbed::client::{Client, login};
use testbed::loopback;
use testbed::origin::Origin;
use testbed::proxies::{Behaviour, Setup};
use testbed::receiver::Receiver;
use testbed::world::{PASSWORD, World, lines};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_fail_because_of_exits_are_told_of_until_they_no_longer_do() {
    let world = World::start(SETTINGS).await.unwrap();
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    exit.behave(Behaviour::Reset).await;
    let changes = json!({ "max_retries": 0, "hedge": false, "health_check_interval_seconds": 1 });
    let project = world.project_over("shop", changes, &[&exit]).await.unwrap();
    // All at once: later ones would wait for an exit that works.
    let ask = async |requests: usize| {
        let clients = join_all((0..requests).map(async |_| world.client().await.unwrap())).await;
        let one = async |mut client: Client| {
            let fields = login(&project.username, PASSWORD);
            client.ask("GET", &origin.url("/echo"), &fields).await.unwrap().status()
        };
        let statuses = join_all(clients.into_iter().map(one)).await;
        statuses.into_iter().filter(|status| *status == 200).count()
    };
    assert_eq!(ask(30).await, 0);
    let failing = "/api/v1/alerts?state=open&kind=exits_failing";
    let alerts = until(&world.control, failing, |listed| listed["total"] == 1).await;
    let alert = &alerts["items"][0];
    assert_eq!(alert["severity"], "warning", "{alerts:#}");
    let text = "Of 30 requests of shop in five minutes, 30 failed because of exits.";
    assert_eq!(alert["text"], text);
    // Two of five that fail are few enough.
    exit.behave(Behaviour::Honest).await;
    assert_eq!(ask(60).await, 60);
    until(&world.control, failing, |listed| listed["total"] == 0).await;
}
