//! One node.

use std::time::Duration;

use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::control::Control;
use testbed::events::Events;
use testbed::origin::Origin;
use testbed::proxies::{Behaviour, Exit, Setup};
use testbed::world::{PASSWORD, Project, World};
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(30);

async fn exits(behaviours: &[Behaviour]) -> Vec<Exit> {
    let mut exits = Vec::new();
    for behaviour in behaviours {
        let exit = Setup::new(Protocol::Http).start().await.unwrap();
        exit.behave(*behaviour).await;
        exits.push(exit);
    }
    exits
}

/// Of one core: several tell what they finished each in its own time.
async fn world() -> World {
    World::start(&[("OCTOPROX_THREADS", "1")]).await.unwrap()
}

/// The requests of a project that the node remembers, the newest first.
async fn remembered(control: &Control, project: &Project, at_least: usize) -> Vec<Value> {
    let id = project.path.rsplit('/').next().unwrap();
    let list = || async {
        let path = format!("/api/v1/exchanges?project_id={id}&limit=1000");
        let page = control.get(&path).await.ok()?;
        let items = page["items"].as_array()?.clone();
        (items.len() >= at_least).then_some(items)
    };
    eventually("requests are remembered", PATIENCE, list).await.unwrap()
}

/// The exit that a request would get.
async fn explained(control: &Control, project: &Project, target: &str, parameters: &str) -> Value {
    let body = json!({"target": target, "parameters": parameters});
    control.post(&format!("{}/explain", project.path), &body).await.unwrap()
}

#[tokio::test]
async fn a_request_is_shown_within_a_second_with_all_that_was_tried() {
    let (origin, world) = (Origin::start().await.unwrap(), world().await);
    let exits = exits(&[Behaviour::Refuse, Behaviour::Honest]).await;
    let all: Vec<&Exit> = exits.iter().collect();
    let project = world.project_over("shop", json!({}), &all).await.unwrap();
    let path = "/api/v1/live/exchanges";
    let mut all = Events::open(world.node.api(), &world.control, path).await.unwrap();
    let path = "/api/v1/live/exchanges?blame=any";
    let mut failures = Events::open(world.node.api(), &world.control, path).await.unwrap();
    // One of two in turn begins with the exit that is none.
    let mut seen = Vec::new();
    for _ in 0..2 {
        let answer = world.get(&project, "-session-a-debug", (&origin, "/echo?secret=1")).await;
        assert_eq!(answer.unwrap().status(), 200);
        let answer = world.get(&project, "-debug", (&origin, "/echo?secret=1")).await.unwrap();
        assert_eq!(answer.status(), 200);
        let begun = Instant::now();
        for _ in 0..2 {
            seen.push(all.find(|name, _| name == "exchange").await.unwrap());
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    let one = &seen[0];
    let host = origin.address().ip().to_string();
    assert_eq!((&one["host"], &one["method"]), (&json!(host), &json!("GET")), "{one}");
    assert_eq!(
        (&one["status"], &one["blame"], &one["kind"]),
        (&json!(200), &json!(null), &json!("http"))
    );
    assert_eq!(one["session"], "a");
    assert!(!seen.iter().any(|one| one.to_string().contains("secret")), "no path");
    let tried = seen.iter().find(|one| one["attempts"] == 2).expect("one was tried twice");
    let path = format!("/api/v1/exchanges/{}", tried["id"].as_str().unwrap());
    let shown = world.control.get(&path).await.unwrap();
    let attempts = shown["tried"].as_array().unwrap();
    assert_eq!(attempts.len(), 2, "{shown}");
    assert_eq!(
        (&attempts[0]["error"], &attempts[1]["error"]),
        (&json!("connection_refused"), &json!(null))
    );
    assert_eq!(attempts[1]["exit"], shown["exit"]);
    assert!(shown["why"].as_str().unwrap().contains("strategy=round_robin"), "{shown}");
    // What nobody carried is shown too, and to those who asked for failures only that.
    let fields = login(&project.username, "wrong");
    let refused = world.client().await.unwrap().ask("GET", &origin.url("/"), &fields).await;
    assert_eq!(refused.unwrap().status(), 407);
    let failure = failures.find(|_, _| true).await.unwrap();
    assert_eq!(
        (&failure["status"], &failure["error"]),
        (&json!(407), &json!("http_request_denied"))
    );
    assert_eq!((&failure["project_id"], &failure["blame"]), (&json!(null), &json!("client")));
}

#[tokio::test]
async fn the_next_request_goes_where_it_was_said_to_go() {
    let (origin, world) = (Origin::start().await.unwrap(), world().await);
    let exits = exits(&[Behaviour::Honest; 5]).await;
    let all: Vec<&Exit> = exits.iter().collect();
    for strategy in ["round_robin", "sticky"] {
        let changes = json!({"strategy": strategy});
        let project = world.project_over(strategy, changes, &all).await.unwrap();
        let url = origin.url("/echo");
        // Under the other strategy it is chance that rotates.
        let turning = if strategy == "round_robin" { "-rotate-2" } else { "-session-c" };
        let wishes = ["", "-session-a", "-session-b", turning, "", "", "-session-a", turning];
        let mut said = Vec::new();
        for parameters in wishes {
            let before = explained(&world.control, &project, &url, parameters).await;
            assert_eq!(before["refusal"], json!(null), "{before}");
            assert_eq!(before["candidates"].as_array().unwrap().len().min(2), 2, "{before}");
            said.push(before["exit"].clone());
            let answer = world.get(&project, parameters, (&origin, "/echo")).await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.head.get("octoprox-exit"), before["exit"].as_str(), "{parameters}");
        }
        let found = remembered(&world.control, &project, wishes.len()).await;
        let carried: Vec<_> = found.iter().rev().map(|one| one["exit"].clone()).collect();
        assert_eq!(carried, said);
    }
}

#[tokio::test]
async fn what_would_be_refused_is_refused_with_the_same_words() {
    let (origin, world) = (Origin::start().await.unwrap(), world().await);
    let exits = exits(&[Behaviour::Honest]).await;
    let changes = json!({"domain_deny": ["denied.test"], "connect_ports": [443]});
    let project = world.project_over("shop", changes, &[&exits[0]]).await.unwrap();
    for (target, parameters, status) in [
        ("http://denied.test", "", 403),
        ("http://169.254.169.254", "", 403),
        ("example.com:22", "", 403),
        (&*origin.url("/"), "-country-zz", 503),
        (&*origin.url("/"), "-nonsense-1", 400),
    ] {
        let said = explained(&world.control, &project, target, parameters).await;
        assert_eq!((&said["refusal"]["status"], &said["exit"]), (&json!(status), &json!(null)));
        let fields = login(&format!("{}{parameters}", project.username), PASSWORD);
        let mut client = world.client().await.unwrap();
        let answer = if target.starts_with("http") {
            client.ask("GET", target, &fields).await.unwrap()
        } else {
            client.tunnel(target, &fields).await.unwrap()
        };
        assert_eq!(answer.status(), status, "{target}");
        assert_eq!(answer.text().trim_end(), said["refusal"]["detail"].as_str().unwrap());
    }
    let said = explained(&world.control, &project, &origin.url("/"), "-country-zz").await;
    let left = |stage: &str| {
        let mut stages = said["stages"].as_array().unwrap().iter();
        stages.find(|row| row["stage"] == stage).unwrap()["left"].clone()
    };
    assert_eq!((left("domain"), left("place")), (json!(1), json!(0)), "{said}");
}

/// What happens when nobody reads for longer than the machine keeps is shown by the tests of `api`.
#[tokio::test]
async fn whoever_does_not_read_holds_nobody_up() {
    const CLIENTS: usize = 4;
    let (origin, world) = (Origin::start().await.unwrap(), world().await);
    let exits = exits(&[Behaviour::Honest]).await;
    let project = world.project_over("shop", json!({}), &[&exits[0]]).await.unwrap();
    let path = "/api/v1/live/exchanges";
    let mut slow = Events::ask(world.node.api(), &world.control, path).await.unwrap();
    let marked = "/api/v1/live/exchanges?session=marked";
    let mut quick = Events::open(world.node.api(), &world.control, marked).await.unwrap();
    let fields = login(&project.username, PASSWORD);
    let flood = async |requests: usize| {
        let mut client = Client::connect(world.node.proxy()).await.unwrap();
        for _ in 0..requests {
            let answer = client.ask("GET", &origin.url("/echo"), &fields).await.unwrap();
            assert_eq!(answer.status(), 200);
        }
    };
    let floods: Vec<_> = (0..CLIENTS).map(|_| flood(100)).collect();
    futures_util::future::join_all(floods).await;
    let answer = world.get(&project, "-session-marked", (&origin, "/echo")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let begun = Instant::now();
    quick.find(|name, _| name == "exchange").await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    slow.find(|_, data| data["session"] == "marked").await.unwrap();
}
