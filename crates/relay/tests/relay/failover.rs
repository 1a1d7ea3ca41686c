//! Exits that misbehave beside one that does not.

use std::net::SocketAddr;

use model::exchange::Blame;
use model::proxy::Protocol;

use tokio::time::Instant;

use crate::exits::{BadExit, Behaviour, GoodExit, nobody};
use crate::origin::Origin;
use crate::world::{LOGIN, SOON, World, endpoint, project};

const BAD: [Behaviour; 8] = [
    Behaviour::Hang,
    Behaviour::Close,
    Behaviour::Answer(407),
    Behaviour::Answer(403),
    Behaviour::Answer(502),
    Behaviour::Answer(503),
    Behaviour::Garbage,
    Behaviour::Swallow(0),
];

/// A world in which two of three exits do `behaviour`.
async fn two_of_three(behaviour: Behaviour) -> (Origin, [BadExit; 2], GoodExit, World) {
    let bad = [BadExit::new(behaviour).await, BadExit::new(behaviour).await];
    let good = GoodExit::new().await;
    let exits = vec![bad[0].endpoint.clone(), bad[1].endpoint.clone(), good.http()];
    let world = World::new(project(), exits).await;
    (Origin::new().await, bad, good, world)
}

#[tokio::test]
async fn every_replayable_request_succeeds_with_two_of_three_exits_bad() {
    for behaviour in BAD {
        let (origin, _bad, _good, world) = two_of_three(behaviour).await;
        let mut client = world.client().await;
        let host = origin.address;
        for number in 0..50 {
            let get = format!("GET http://{host}/{number} HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n");
            client.send(get).await;
            let answer = client.answer().await;
            assert_eq!(answer.status, 200, "{behaviour:?}, request {number}: {answer:?}");
            assert_eq!(answer.text(), format!("you asked for /{number}"));
        }
    }
}

#[tokio::test]
async fn every_tunnel_opens_with_two_of_three_exits_bad() {
    for behaviour in BAD {
        let (origin, _bad, _good, world) = two_of_three(behaviour).await;
        let host = origin.address;
        for _ in 0..10 {
            let mut client = world.client().await;
            client.send(format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n")).await;
            assert_eq!(client.head().await.status, 200, "{behaviour:?}");
        }
    }
}

#[tokio::test]
async fn a_refusing_exit_is_passed_over() {
    let (origin, good) = (Origin::new().await, GoodExit::new().await);
    let dead = endpoint(Protocol::Http, nobody().await);
    let world = World::new(project(), vec![dead, good.http()]).await;
    let host = origin.address;
    for _ in 0..6 {
        let mut client = world.client().await;
        client.send(format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n")).await;
        assert_eq!(client.head().await.status, 200);
    }
}

#[tokio::test]
async fn a_post_that_an_exit_swallowed_is_a_502_and_never_sent_twice() {
    let bad = BadExit::new(Behaviour::Swallow(10)).await;
    let good = GoodExit::new().await;
    let origin = Origin::new().await;
    let exits = vec![bad.endpoint.clone(), good.http()];
    let mut world = World::new(project(), exits).await;
    let host = origin.address;
    let mut lost = 0;
    for number in 0..6 {
        let mut client = world.client().await;
        let head = format!(
            "POST http://{host}/{number} HTTP/1.1\r\nHost: {host}\r\n{LOGIN}Content-Length: 20\r\n\r\n"
        );
        client.send(head + "0123456789").await;
        client.send("0123456789").await;
        let answer = client.answer().await;
        let arrivals = origin.arrivals(&format!("/{number}"));
        match answer.status {
            200 => assert_eq!(arrivals, 1),
            502 => {
                lost += 1;
                assert_eq!(arrivals, 0, "a request that was swallowed arrived all the same");
            }
            other => panic!("answered {other}"),
        }
    }
    assert!(lost > 0 && bad.connections() > 0, "the bad exit was never tried");
    let exchanges = world.exchanges(6).await;
    assert_eq!(exchanges.iter().filter(|e| e.blame == Some(Blame::Exit)).count(), lost);
}

/// Posts to a target, on a connection of its own, and returns the status.
async fn post(world: &World, host: SocketAddr) -> u16 {
    let mut client = world.client().await;
    let head = format!("POST http://{host}/ HTTP/1.1\r\nHost: {host}\r\n{LOGIN}");
    client.send(head + "Content-Length: 2\r\n\r\nhi").await;
    client.answer().await.status
}

#[tokio::test]
async fn a_connection_to_an_exit_that_then_refuses_our_login_is_no_success() {
    let (bad, good) = (BadExit::new(Behaviour::Answer(407)).await, GoodExit::new().await);
    let origin = Origin::new().await;
    let world = World::new(project(), vec![bad.endpoint.clone(), good.http()]).await;
    let failures = || {
        let health = world.ledger.health(world.proxies[0], Instant::now());
        health.map_or(0, |health| health.consecutive_failures)
    };
    let deadline = Instant::now() + SOON;
    while failures() < 2 {
        assert!(Instant::now() < deadline, "each trial of the exit forgives it");
        assert!([200, 502].contains(&post(&world, origin.address).await));
    }
}

#[tokio::test]
async fn an_exit_that_blames_the_target_is_not_given_the_lie_by_a_mere_connection() {
    let (socks, http) = (GoodExit::new().await, GoodExit::new().await);
    let world = World::new(project(), vec![socks.socks5(), http.http()]).await;
    let dead = nobody().await;
    for _ in 0..4 {
        assert_eq!(post(&world, dead).await, 502);
    }
    let health = world.ledger.health(world.proxies[0], Instant::now()).unwrap();
    assert_eq!(health.consecutive_failures, 0, "{health:?}");
}

#[tokio::test]
async fn no_client_ever_sees_an_inner_407() {
    let bad = BadExit::new(Behaviour::Answer(407)).await;
    let (origin, good) = (Origin::new().await, GoodExit::new().await);
    let host = origin.address;
    let world = World::new(project(), vec![bad.endpoint.clone()]).await;
    for request in ["GET", "POST"] {
        let mut client = world.client().await;
        let head = format!("{request} http://{host}/ HTTP/1.1\r\nHost: {host}\r\n{LOGIN}");
        client.send(head + "Content-Length: 0\r\n\r\n").await;
        let answer = client.answer().await;
        assert!(answer.status == 502 || answer.status == 503, "{answer:?}");
        assert_eq!(answer.field("Proxy-Authenticate"), None);
    }
    // Not even when it is the target that says so.
    let world = World::new(project(), vec![good.socks5()]).await;
    let mut client = world.client().await;
    client.send(format!("GET http://{host}/login HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n")).await;
    assert_eq!(client.answer().await.status, 502);
}

#[tokio::test]
async fn a_403_on_which_all_exits_agree_is_the_targets() {
    let (origin, good) = (Origin::new().await, GoodExit::new().await);
    let other = GoodExit::new().await;
    let world = World::new(project(), vec![good.http(), other.http()]).await;
    let host = origin.address;
    let mut client = world.client().await;
    for _ in 0..5 {
        client
            .send(format!("GET http://{host}/forbidden HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n"))
            .await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.text()), (403, "no!"));
    }
}

#[tokio::test]
async fn a_slow_target_is_waited_for_and_its_exits_are_not_blamed() {
    let (origin, good) = (Origin::new().await, GoodExit::new().await);
    let mut spec = project();
    spec.response_timeout = std::time::Duration::from_secs(1);
    spec.connection_timeout = std::time::Duration::from_secs(1);
    let mut world = World::new(spec, vec![good.http()]).await;
    let host = origin.address;
    let mut client = world.client().await;
    client.send(format!("GET http://{host}/silent HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n")).await;
    assert_eq!(client.answer().await.status, 504);
    assert_eq!(world.exchanges(1).await[0].status, 504);
}

#[tokio::test]
async fn what_a_target_does_wrong_is_not_held_against_an_exit_that_opened_the_way() {
    let (origin, good) = (Origin::new().await, GoodExit::new().await);
    let wrong = ["/login", "/garbage", "/nothing", "/silent"];
    for (method, path) in ["GET", "DELETE"].into_iter().flat_map(|m| wrong.map(|path| (m, path))) {
        let mut spec = project();
        spec.response_timeout = std::time::Duration::from_secs(1);
        spec.connection_timeout = std::time::Duration::from_secs(1);
        let mut world = World::new(spec, vec![good.socks5()]).await;
        let mut client = world.client().await;
        let host = origin.address;
        let request =
            format!("{method} http://{host}{path} HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n");
        client.send(request).await;
        assert!(client.answer().await.status >= 502, "{method} {path}");
        assert_eq!(world.exchanges(1).await[0].blame, Some(Blame::Target), "{method} {path}");
    }
}
