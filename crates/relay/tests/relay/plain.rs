//! Plain requests, absolute-form.

use model::policy::Rotate;
use relay::Settings;

use crate::exits::GoodExit;
use crate::origin::Origin;
use crate::world::{Answer, Client, LOGIN, World, project};

fn get(origin: &Origin, path: &str) -> String {
    let host = origin.address;
    format!("GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n")
}

async fn ask(client: &mut Client, origin: &Origin, path: &str) -> Answer {
    client.send(get(origin, path)).await;
    client.answer().await
}

async fn world() -> (Origin, GoodExit, World) {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let world = World::new(project(), vec![exit.http()]).await;
    (origin, exit, world)
}

#[tokio::test]
async fn requests_of_one_connection_are_carried_one_after_another() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    for endpoint in [exit.http(), exit.socks5(), exit.socks4()] {
        let protocol = endpoint.protocol;
        let mut world = World::new(project(), vec![endpoint]).await;
        let before = origin.connections().len();
        let mut client = world.client().await;
        for path in ["/a", "/b?c=d", "/e"] {
            let answer = ask(&mut client, &origin, path).await;
            assert_eq!(answer.status, 200, "{protocol}");
            assert_eq!(answer.text(), format!("you asked for {path}"), "{protocol}");
        }
        assert_eq!(world.exchanges(3).await.len(), 3);
        assert_eq!(origin.connections().len(), before + 1, "kept connections are used again");
    }
}

/// Each session has a connection of its own, and two are all that this node keeps.
#[tokio::test]
async fn no_more_connections_are_kept_than_a_quarter_of_the_clients() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let settings = Settings { max_connections: 8, ..Settings::default() };
    let world = World::with(project(), vec![exit.socks5()], settings).await;
    let mut client = world.client().await;
    for (round, connections) in [(1, 4), (2, 6), (3, 8)] {
        for session in ["a", "b", "c", "d"] {
            let (head, host) = (get(&origin, "/"), origin.address);
            let fields = format!("Host: {host}\r\nOctoprox-Session: {session}\r\n");
            client.send(head.replace(&format!("Host: {host}\r\n"), &fields)).await;
            assert_eq!(client.answer().await.status, 200);
        }
        assert_eq!(origin.connections().len(), connections, "after round {round}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    client.send(get(&origin, "/1") + &get(&origin, "/2") + &get(&origin, "/3")).await;
    for path in ["/1", "/2", "/3"] {
        assert_eq!(client.answer().await.text(), format!("you asked for {path}"));
    }
}

#[tokio::test]
async fn the_origin_sees_the_request_and_nothing_of_the_way_to_it() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let world = World::new(project(), vec![exit.socks5()]).await;
    let mut client = world.client().await;
    let host = origin.address;
    client
        .send(format!(
            "GET http://{host}/x HTTP/1.1\r\nhOST: other.example\r\nProxy-Connection: keep-alive\r\n\
             Connection: X-Secret, keep-alive\r\nX-Secret: 1\r\nTE: trailers\r\nVia: 1.1 me\r\n\
             X-Forwarded-For: 192.0.2.1\r\nForwarded: for=x\r\nOctoprox-Debug: true\r\n\
             Accept: a\r\naccept: b\r\nCookie: c=1\r\n{LOGIN}\r\n"
        ))
        .await;
    assert_eq!(client.answer().await.status, 200);
    let expected =
        format!("GET /x HTTP/1.1\r\nhOST: {host}\r\nAccept: a\r\naccept: b\r\nCookie: c=1\r\n\r\n");
    assert_eq!(origin.connections(), [expected]);
}

#[tokio::test]
async fn bodies_go_up_by_length_and_in_chunks() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    let host = origin.address;
    let line = |path: &str| format!("POST http://{host}{path} HTTP/1.1\r\nHost: {host}\r\n{LOGIN}");
    client.send(line("/length") + "Content-Length: 5\r\n\r\nhello").await;
    assert_eq!(client.answer().await.status, 200);
    client.send(line("/chunks") + "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhel").await;
    client.send("lo\r\n0\r\nTrailer-Field: z\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
    let seen = origin.connections().concat();
    assert!(seen.contains("Content-Length: 5\r\n\r\nhello"), "{seen}");
    assert!(seen.contains("0\r\n\r\n") && !seen.contains("Trailer-Field"), "{seen}");
    assert!(!seen.contains("x=y"), "{seen}");
}

#[tokio::test]
async fn a_megabyte_goes_up_and_its_answer_comes_down() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    let host = origin.address;
    let body = vec![b'x'; 1 << 20];
    let length = body.len();
    client
        .send(format!(
            "PUT http://{host}/big HTTP/1.1\r\nHost: {host}\r\n{LOGIN}Content-Length: {length}\r\n\r\n"
        ))
        .await;
    client.send(body).await;
    assert_eq!(client.answer().await.text(), "you asked for /big");
    assert!(origin.connections().concat().len() > length);
}

#[tokio::test]
async fn a_client_that_waits_for_100_gets_it_from_the_target() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    let host = origin.address;
    // The origin of this test answers 100 and 200 once it has the body; what matters is that both
    // cross, in order.
    client
        .send(format!(
            "POST http://{host}/continue HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\
             Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"
        ))
        .await;
    assert_eq!(client.head().await.status, 100);
    assert_eq!(client.answer().await.text(), "ok");
}

#[tokio::test]
async fn answers_are_framed_anew() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    let chunked = ask(&mut client, &origin, "/chunked").await;
    assert_eq!(chunked.text(), "hello world");
    assert_eq!(chunked.field("Trailer"), None);
    client.send(get(&origin, "/no-content")).await;
    assert_eq!(client.head().await.status, 204);
    client.send(get(&origin, "/not-modified")).await;
    let unchanged = client.head().await;
    assert_eq!((unchanged.status, unchanged.field("Content-Length")), (304, Some("12")));
    let until_close = ask(&mut client, &origin, "/until-close").await;
    assert_eq!(until_close.field("Connection"), Some("close"));
    assert_eq!(until_close.text(), "all of it");
}

#[tokio::test]
async fn an_old_client_gets_chunks_as_plain_bytes() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    let host = origin.address;
    client.send(format!("GET http://{host}/chunked HTTP/1.0\r\n{LOGIN}\r\n")).await;
    let answer = client.answer().await;
    assert_eq!(answer.field("Transfer-Encoding"), None);
    assert_eq!(answer.text(), "hello world");
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    let host = origin.address;
    client.send(format!("HEAD http://{host}/head HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\r\n")).await;
    assert_eq!(client.head().await.field("Content-Length"), Some("12345"));
    assert_eq!(ask(&mut client, &origin, "/next").await.text(), "you asked for /next");
}

#[tokio::test]
async fn fields_of_an_answer_keep_order_and_case_and_lose_what_is_for_one_hop() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    let answer = ask(&mut client, &origin, "/fields").await;
    let exit = world.proxies[0];
    let expected = format!(
        "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\
         Octoprox-Exit: {exit}\r\nOctoprox-Attempts: 1\r\n\r\n"
    );
    assert_eq!(answer.head, expected);
}

#[tokio::test]
async fn a_truncated_answer_breaks_the_connection_off() {
    let (origin, _exit, mut world) = world().await;
    let mut client = world.client().await;
    client.send(get(&origin, "/half")).await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(client.rest().await, b"half");
    let exchange = &world.exchanges(1).await[0];
    assert_eq!(exchange.blame, Some(model::exchange::Blame::Exit));
}

#[tokio::test]
async fn an_ambiguous_answer_is_a_502() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let world = World::new(project(), vec![exit.socks5()]).await;
    let mut client = world.client().await;
    assert_eq!(ask(&mut client, &origin, "/two-lengths").await.status, 502);
}

#[tokio::test]
async fn protocols_are_switched_only_when_asked_and_only_by_101() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    let host = origin.address;
    client
        .send(format!(
            "GET http://{host}/upgrade HTTP/1.1\r\nHost: {host}\r\n{LOGIN}\
             Connection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        ))
        .await;
    let answer = client.head().await;
    assert_eq!((answer.status, answer.field("Upgrade")), (101, Some("echo")));
    client.send("ping").await;
    assert_eq!(client.exactly(4).await, b"ping");
    let mut unasked = world.client().await;
    assert_eq!(ask(&mut unasked, &origin, "/upgrade").await.status, 502);
}

#[tokio::test]
async fn rotate_request_opens_a_connection_for_every_request() {
    let (origin, exit) = (Origin::new().await, GoodExit::new().await);
    let mut spec = project();
    spec.rotate = Rotate::Request;
    let world = World::new(spec, vec![exit.socks5()]).await;
    let mut client = world.client().await;
    for number in 0..5 {
        assert_eq!(ask(&mut client, &origin, &format!("/{number}")).await.status, 200);
    }
    assert_eq!(origin.connections().len(), 5);
}

#[tokio::test]
async fn rotate_tunnel_keeps_the_exit_for_the_client_connection() {
    let origin = Origin::new().await;
    let exits = [GoodExit::new().await, GoodExit::new().await, GoodExit::new().await];
    let mut spec = project();
    spec.rotate = Rotate::Tunnel;
    let world = World::new(spec, exits.iter().map(GoodExit::http).collect()).await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let mut client = world.client().await;
        let first =
            ask(&mut client, &origin, "/a").await.field("Octoprox-Exit").unwrap().to_owned();
        for _ in 0..4 {
            let next = ask(&mut client, &origin, "/a").await;
            assert_eq!(next.field("Octoprox-Exit"), Some(first.as_str()));
        }
        seen.insert(first);
    }
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn an_old_client_cannot_switch_protocols() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    let host = origin.address;
    client
        .send(format!(
            "GET http://{host}/a HTTP/1.0\r\n{LOGIN}Connection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        ))
        .await;
    assert_eq!(client.answer().await.text(), "you asked for /a");
    assert!(!origin.connections().concat().contains("Upgrade"));
}

#[tokio::test]
async fn a_204_has_no_length() {
    let (origin, _exit, world) = world().await;
    let mut client = world.client().await;
    client.send(get(&origin, "/no-content-of-a-length")).await;
    let answer = client.head().await;
    assert_eq!((answer.status, answer.field("Content-Length")), (204, None));
}
