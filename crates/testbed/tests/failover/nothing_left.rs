//! When no exit is any good, the client is told so, in time, and nothing goes out without one.

use std::time::Duration;

use model::proxy::Protocol;
use serde_json::json;
use testbed::client::Answer;
use testbed::origin::Origin;
use testbed::proxies::{Behaviour, Exit, Setup};
use testbed::world::{PASSWORD, World, lines};
use tokio::time::Instant;

use super::load::Load;

async fn broken(behaviours: [Behaviour; 3]) -> [Exit; 3] {
    let [one, two, three] = behaviours.map(|how| Setup::new(Protocol::Http).behaving(how));
    [one.start().await.unwrap(), two.start().await.unwrap(), three.start().await.unwrap()]
}

async fn get(load: &Load) -> Answer {
    load.world.get(&load.project, "", (&load.origin, "/echo")).await.unwrap()
}

async fn connect(load: &Load) -> Answer {
    let mut client = load.world.client().await.unwrap();
    client.tunnel(&load.origin.address().to_string(), &load.login()).await.unwrap()
}

/// An answer of the node's own.
fn is_ours(answer: &Answer, status: u16) {
    assert_eq!(answer.status(), status, "{}", answer.text());
    assert!(answer.complete && answer.text().ends_with('\n'), "a sentence: {answer:?}");
    let told = answer.head.get("proxy-status").unwrap();
    assert!(told.starts_with("octoprox; error="), "{told}");
    assert_eq!(answer.head.get("proxy-authenticate"), None);
}

#[tokio::test]
async fn a_plain_request_over_broken_exits_is_answered_502() {
    let exits = broken([Behaviour::Close, Behaviour::Answer(407), Behaviour::Garbage]).await;
    let load = Load::start(&lines(&exits.each_ref())).await.unwrap();
    let begun = Instant::now();
    is_ours(&get(&load).await, 502);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(load.origin.connection_count(), 0);
}

#[tokio::test]
async fn a_tunnel_over_broken_exits_is_answered_502() {
    let exits = broken([Behaviour::Refuse, Behaviour::RefuseLogin, Behaviour::Answer(403)]).await;
    let load = Load::start(&lines(&exits.each_ref())).await.unwrap();
    let begun = Instant::now();
    is_ours(&connect(&load).await, 502);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(load.origin.connection_count(), 0);
}

/// Every exit breaks: first each attempt fails, then there is none left that would be tried; and
/// when they mend, so does the service.
#[tokio::test]
async fn broken_exits_are_found_out_and_mended_ones_too() {
    let exits = broken([Behaviour::Refuse; 3]).await;
    let load = Load::start(&lines(&exits.each_ref())).await.unwrap();
    let mut statuses = Vec::new();
    for _ in 0..20 {
        let answer = if statuses.len() % 2 == 0 { connect(&load).await } else { get(&load).await };
        is_ours(&answer, answer.status());
        if answer.status() == 503 {
            let after = answer.head.get("retry-after").unwrap();
            assert!(after.parse::<u64>().unwrap() >= 1, "{after}");
        }
        statuses.push(answer.status());
    }
    assert_eq!(statuses[0], 502);
    assert!(statuses.iter().all(|status| [502, 503].contains(status)), "{statuses:?}");
    for exit in &exits {
        exit.behave(Behaviour::Honest).await;
    }
    let mended = || async { (get(&load).await.status() == 200).then_some(()) };
    let within = Duration::from_secs(30);
    testbed::clock::eventually("the service mends", within, mended).await.unwrap();
}

#[tokio::test]
async fn exits_that_all_hang_cost_a_tunnel_its_deadline_and_no_more() {
    let exits = broken([Behaviour::Hang; 3]).await;
    let load = Load::start(&lines(&exits.each_ref())).await.unwrap();
    let begun = Instant::now();
    is_ours(&connect(&load).await, 504);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert!(exits.iter().all(|exit| exit.connections() > 0), "each was tried");
}

#[tokio::test]
async fn exits_that_all_hang_cost_a_plain_request_its_deadline_and_no_more() {
    let exits = broken([Behaviour::Hang; 3]).await;
    let (world, origin) = (World::start(&[]).await.unwrap(), Origin::start().await.unwrap());
    let settings = json!({ "connection_timeout_seconds": 3, "response_timeout_seconds": 4 });
    let project = world.project_over("shop", settings, &exits.each_ref()).await.unwrap();
    let begun = Instant::now();
    is_ours(&world.get(&project, "", (&origin, "/echo")).await.unwrap(), 504);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn without_any_exit_the_answer_is_503_and_when_to_come_again() {
    let (world, origin) = (World::start(&[]).await.unwrap(), Origin::start().await.unwrap());
    let project = world.project("shop", json!({})).await.unwrap();
    world.in_force().await.unwrap();
    let login = testbed::client::login(&project.username, PASSWORD);
    let target = origin.address().to_string();
    let answers = [
        world.get(&project, "", (&origin, "/echo")).await.unwrap(),
        world.client().await.unwrap().tunnel(&target, &login).await.unwrap(),
    ];
    for answer in answers {
        is_ours(&answer, 503);
        let after = answer.head.get("retry-after").unwrap();
        assert!(after.parse::<u64>().unwrap() >= 1, "{after}");
    }
    assert_eq!(origin.connection_count(), 0, "nothing leaves without an exit");
}
