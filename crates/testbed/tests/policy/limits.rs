//! How much goes through one exit, and how many are tried.

use serde_json::json;
use testbed::client::{Client, login};
use testbed::clock::{SOON, eventually};
use testbed::proxies::Behaviour;
use testbed::world::{PASSWORD, Project};

use crate::parts::{Stage, refused, retry_after};

#[tokio::test]
async fn an_exit_at_its_rate_limit_is_passed_over_and_all_of_them_are_429() {
    let stage = Stage::set(2).await;
    let limit = |max| json!({ "rate_limit": { "max_requests": max, "window_seconds": 3600 } });
    let project = stage.connectors("rates", [limit(2), limit(4)]).await;
    assert_eq!(stage.shares(&project, "", 6).await, [2, 4]);
    for _ in 0..3 {
        let answer = stage.get(&project, "").await;
        refused(&answer, 429);
        assert!((3000..=3600).contains(&retry_after(&answer)), "{}", retry_after(&answer));
    }
    refused(&stage.tunnel(&project, "target.test:443").await.0, 429);
    let seen: Vec<_> = stage.exits.iter().map(|exit| exit.seen().len()).collect();
    assert_eq!(seen, [2, 4]);
}

#[tokio::test]
async fn a_window_moves_on() {
    let stage = Stage::set(1).await;
    let limit = json!({ "rate_limit": { "max_requests": 1, "window_seconds": 1 } });
    let project = stage.connectors("windows", [limit]).await;
    assert_eq!(stage.get(&project, "").await.status(), 200);
    let answer = stage.get(&project, "").await;
    refused(&answer, 429);
    assert_eq!(retry_after(&answer), 1);
    let later = || async { (stage.get(&project, "").await.status() == 200).then_some(()) };
    eventually("the window has moved on", SOON, later).await.unwrap();
}

#[tokio::test]
async fn an_exit_that_reached_its_limit_rests_as_long_as_it_is_told() {
    let stage = Stage::set(1).await;
    let limit = json!({ "rate_limit": { "max_requests": 1, "window_seconds": 1,
        "quarantine_seconds_min": 900, "quarantine_seconds_max": 1000 } });
    let project = stage.connectors("resting", [limit]).await;
    assert_eq!(stage.get(&project, "").await.status(), 200);
    let answer = stage.get(&project, "").await;
    refused(&answer, 429);
    assert!((890..=1000).contains(&retry_after(&answer)), "{}", retry_after(&answer));
}

async fn tunnel(stage: &Stage, project: &Project) -> Client {
    let (answer, client) = stage.tunnel(project, "target.test:443").await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    client
}

#[tokio::test]
async fn only_so_many_are_in_flight_through_an_exit() {
    let stage = Stage::set(2).await;
    let most = |most: u32| json!({ "max_in_flight": most });
    let project = stage.connectors("flights", [most(1), most(2)]).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(tunnel(&stage, &project).await);
    }
    let tunnels: Vec<_> = stage.exits.iter().map(testbed::proxies::Exit::tunnels).collect();
    assert_eq!(tunnels, [1, 2]);
    let (answer, _client) = stage.tunnel(&project, "target.test:443").await;
    refused(&answer, 429);
    assert!(retry_after(&answer) >= 1);
    open.pop();
    let free = || async {
        let (answer, client) = stage.tunnel(&project, "target.test:443").await;
        (answer.status() == 200).then_some(client)
    };
    eventually("a place is free", SOON, free).await.unwrap();
}

#[tokio::test]
async fn no_more_exits_are_tried_than_the_project_says() {
    for (retries, expected) in [(0, 1), (1, 2), (2, 3)] {
        let stage = Stage::set(4).await;
        for exit in &stage.exits {
            exit.behave(Behaviour::Close).await;
        }
        let changes = json!({ "max_retries": retries, "hedge": false });
        let project = stage.project("tries", changes).await;
        let sentence = refused(&stage.get(&project, "").await, 502);
        assert!(sentence.starts_with(&format!("{expected} exit(s)")), "{sentence}");
        let tried = stage.exits.iter().filter(|exit| exit.connections() > 0).count();
        assert!(tried >= expected, "{tried} exits were tried, not {expected}");
    }
}

#[tokio::test]
async fn a_client_may_ask_for_fewer_tries() {
    let stage = Stage::set(3).await;
    for exit in &stage.exits {
        exit.behave(Behaviour::Answer(500)).await;
    }
    let changes = json!({ "max_retries": 2, "hedge": false });
    let project = stage.project("fewer", changes).await;
    let fields = login(&format!("{}-retry-0", project.username), PASSWORD);
    let mut client = stage.world.client().await.unwrap();
    let answer = client.tunnel("target.test:443", &fields).await.unwrap();
    let sentence = refused(&answer, 502);
    assert!(sentence.starts_with("1 exit(s)"), "{sentence}");
    let asked: usize = stage.exits.iter().map(|exit| exit.seen().len()).sum();
    assert_eq!(asked, 1);
}
