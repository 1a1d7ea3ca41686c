//! Honest exits carry, and broken ones are broken in the way they say.

use std::time::Duration;

use super::*;
use crate::client::socks::{Tunnel, socks4a, socks5};
use crate::client::{Client, login};
use crate::clock::{SOON, eventually};
use crate::wire::Wire;
use crate::wire::body::pattern;

async fn http(behaviour: Behaviour) -> (Origin, Exit, Client) {
    let origin = Origin::start().await.unwrap();
    let setup = Setup::new(Protocol::Http).named("one").leading_to(&origin).behaving(behaviour);
    let exit = setup.start().await.unwrap();
    let client = Client::connect(exit.address()).await.unwrap();
    (origin, exit, client)
}

const URL: &str = "http://target.test/echo";

#[tokio::test]
async fn an_http_exit_forwards_on_a_kept_connection_and_is_known_by_its_address() {
    let (origin, exit, mut client) = http(Behaviour::Honest).await;
    for expected in 1..=3 {
        let fields = "Proxy-Connection: keep-alive\r\nX-mine: 1\r\n";
        let answer = client.ask("GET", URL, fields).await.unwrap();
        let echo = answer.json().unwrap();
        assert_eq!(echo["peer"], exit.source().to_string());
        assert_eq!(echo["start"], "GET /echo HTTP/1.1");
        assert_eq!(answer.head.get("x-exit"), Some("one"));
        let request = origin.requests().pop().unwrap();
        assert_eq!(request.head.get("proxy-connection"), None);
        assert_eq!(request.head.get("x-mine"), Some("1"));
        assert_eq!((exit.connections(), exit.forwarded()), (1, expected));
    }
    assert_eq!(exit.seen()[0].target, URL);
}

#[tokio::test]
async fn an_http_exit_carries_bodies_and_upgrades() {
    let (origin, _exit, mut client) = http(Behaviour::Honest).await;
    let body = pattern(0, 300_000);
    let chunked = [crate::wire::body::chunk(&body), b"0\r\n\r\n".to_vec()].concat();
    for (framing, body) in
        [("Content-Length: 300000", &body), ("Transfer-Encoding: chunked", &chunked)]
    {
        client
            .send(format!("POST {URL} HTTP/1.1\r\nHost: target.test\r\n{framing}\r\n\r\n"))
            .await
            .unwrap();
        client.send(body).await.unwrap();
        let echo = client.answer("POST").await.unwrap().json().unwrap();
        assert_eq!(echo["body"]["sha256"], crate::origin::sha256(&pattern(0, 300_000)));
    }
    for path in ["/bytes/200000", "/chunked/200000"] {
        let answer = client.ask("GET", &format!("http://target.test{path}"), "").await.unwrap();
        assert!(answer.complete && answer.body == pattern(0, 200_000));
    }
    let upgrade = "Connection: Upgrade\r\nUpgrade: echo\r\n";
    let switched = client.ask("GET", "http://target.test/upgrade", upgrade).await.unwrap();
    assert_eq!(switched.status(), 101);
    client.send("hello").await.unwrap();
    assert_eq!(&*client.wire.reader.exactly(5).await.unwrap(), b"hello");
    assert_eq!(origin.request_count(), 5);
}

#[tokio::test]
async fn a_tunnel_half_closes() {
    let (_origin, exit, mut client) = http(Behaviour::Honest).await;
    assert_eq!(client.tunnel("target.test:80", "").await.unwrap().status(), 200);
    client.send("GET /bytes/100000 HTTP/1.1\r\n\r\n").await.unwrap();
    client.wire.writer.finish().await.unwrap();
    let answer = client.answer("GET").await.unwrap();
    assert!(answer.complete && answer.body == pattern(0, 100_000));
    client.closed().await.unwrap();
    assert_eq!((exit.tunnels(), exit.seen()[0].method.as_str()), (1, "CONNECT"));
    eventually("no connection", SOON, || async { (exit.open() == 0).then_some(()) }).await.unwrap();
}

#[tokio::test]
async fn each_account_leaves_from_its_own_address() {
    let origin = Origin::start().await.unwrap();
    let setup = Setup::new(Protocol::Http).leading_to(&origin).account("a", "1").account("b", "2");
    let exit = setup.start().await.unwrap();
    for (username, password) in [("a", "1"), ("b", "2")] {
        let mut client = Client::connect(exit.address()).await.unwrap();
        let echo =
            client.ask("GET", URL, &login(username, password)).await.unwrap().json().unwrap();
        assert_eq!(echo["peer"], exit.source_of(username).unwrap().to_string());
    }
    for fields in [String::new(), login("a", "2"), login("c", "1")] {
        let mut client = Client::connect(exit.address()).await.unwrap();
        assert_eq!(client.tunnel("target.test:80", &fields).await.unwrap().status(), 407);
    }
    let admitted: Vec<_> = exit.seen().iter().map(|seen| seen.admitted).collect();
    assert_eq!(admitted, [true, true, false, false, false]);
    assert_ne!(exit.source_of("a"), exit.source_of("b"));
}

#[tokio::test]
async fn an_https_exit_speaks_tls() {
    let authority = Authority::new().unwrap();
    let origin = Origin::start().await.unwrap();
    let exit = Setup::https(&authority).unwrap().leading_to(&origin).start().await.unwrap();
    let wire = Wire::connect(exit.address()).await.unwrap();
    let mut client = Client::over(authority.secure(wire, "exit.test").await.unwrap());
    assert_eq!(client.ask("GET", URL, "").await.unwrap().status(), 200);
    assert_eq!(client.tunnel("target.test:80", "").await.unwrap().status(), 200);
    assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200);
}

#[tokio::test]
async fn socks_exits_carry_names_and_addresses() {
    let origin = Origin::start().await.unwrap();
    let five = Setup::new(Protocol::Socks5).account("u", "p").leading_to(&origin);
    let five = five.start().await.unwrap();
    let four = Setup::new(Protocol::Socks4).leading_to(&origin).start().await.unwrap();
    for host in ["target.test", "192.0.2.7"] {
        let tunnel = socks5(five.address(), Some(("u", "p")), host, 80).await.unwrap();
        assert_eq!(tunnel.open().unwrap().ask("GET", "/echo", "").await.unwrap().status(), 200);
        let tunnel = socks4a(four.address(), "me", host, 80).await.unwrap();
        assert_eq!(tunnel.open().unwrap().ask("GET", "/echo", "").await.unwrap().status(), 200);
        assert_eq!(five.seen().pop().unwrap().target, format!("{host}:80"));
        assert_eq!(four.seen().pop().unwrap().target, format!("{host}:80"));
    }
    let peer = origin.requests()[0].peer.ip();
    assert_eq!(peer, five.source_of("u").unwrap());
    let refused = socks5(five.address(), Some(("u", "x")), "target.test", 80).await.unwrap();
    assert!(matches!(refused, Tunnel::LoginRefused(_)));
    let refused = socks5(five.address(), None, "target.test", 80).await.unwrap();
    assert!(matches!(refused, Tunnel::NoMethod));
    five.behave(Behaviour::Reply(2)).await;
    let refused = socks5(five.address(), Some(("u", "p")), "target.test", 80).await.unwrap();
    assert!(matches!(refused, Tunnel::Refused(2, _)));
    for broken in [Behaviour::WrongVersion, Behaviour::ShortReply, Behaviour::WrongMethod] {
        five.behave(broken).await;
        assert!(socks5(five.address(), Some(("u", "p")), "x", 80).await.is_err(), "{broken:?}");
    }
    for broken in [Behaviour::WrongVersion, Behaviour::ShortReply, Behaviour::Garbage] {
        four.behave(broken).await;
        assert!(socks4a(four.address(), "", "x", 80).await.is_err(), "{broken:?}");
    }
}

#[tokio::test]
async fn a_port_is_closed_and_opened_again() {
    let (_origin, exit, mut client) = http(Behaviour::Honest).await;
    assert_eq!(client.ask("GET", URL, "").await.unwrap().status(), 200);
    exit.behave(Behaviour::Refuse).await;
    assert!(client.ask("GET", URL, "").await.is_err(), "the open connection was cut");
    for _ in 0..3 {
        assert!(Client::connect(exit.address()).await.is_err());
    }
    exit.behave(Behaviour::Honest).await;
    let mut client = Client::connect(exit.address()).await.unwrap();
    assert_eq!(client.ask("GET", URL, "").await.unwrap().status(), 200);
}

#[tokio::test]
async fn broken_exits_give_no_answer_or_a_bad_one() {
    for behaviour in [
        Behaviour::Close,
        Behaviour::Reset,
        Behaviour::Garbage,
        Behaviour::ShortReply,
        Behaviour::Swallow(10),
        Behaviour::Reply(1),
    ] {
        let (origin, _exit, mut client) = http(behaviour).await;
        let body = "Content-Length: 20\r\n\r\n01234567890123456789";
        assert!(client.ask("POST", URL, body).await.is_err(), "{behaviour:?}");
        assert_eq!(origin.request_count(), 0, "{behaviour:?}");
    }
    for (behaviour, status) in [
        (Behaviour::Answer(403), 403),
        (Behaviour::Answer(407), 407),
        (Behaviour::RefuseLogin, 407),
        (Behaviour::WrongVersion, 200),
        (Behaviour::HugeHead(70_000), 200),
    ] {
        let (origin, _exit, mut client) = http(behaviour).await;
        let answer = client.ask("GET", URL, "").await.unwrap();
        assert_eq!(answer.status(), status, "{behaviour:?}");
        assert_eq!(answer.head.raw.len() > 70_000, behaviour == Behaviour::HugeHead(70_000));
        assert_eq!(origin.request_count(), 0, "{behaviour:?}");
    }
}

#[tokio::test]
async fn answers_and_tunnels_are_cut_where_it_says() {
    let (_origin, exit, mut client) = http(Behaviour::CutAfter(500)).await;
    let answer = client.ask("GET", "http://target.test/bytes/1000", "").await.unwrap();
    assert_eq!((answer.body.len(), answer.complete), (500, false));
    let mut client = Client::connect(exit.address()).await.unwrap();
    client.tunnel("target.test:80", "").await.unwrap();
    client.send("GET /bytes/1000 HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(client.wire.reader.rest().await.unwrap().len(), 500);

    exit.behave(Behaviour::OkThenClose).await;
    let mut client = Client::connect(exit.address()).await.unwrap();
    assert_eq!(client.tunnel("target.test:80", "").await.unwrap().status(), 200);
    client.closed().await.unwrap();
}

#[tokio::test]
async fn odd_but_lawful_exits_still_work() {
    let pause = Duration::from_millis(1);
    for behaviour in
        [Behaviour::SlowHead(pause), Behaviour::Informational(100), Behaviour::Delay(pause)]
    {
        let (_origin, _exit, mut client) = http(behaviour).await;
        let answer = client.tunnel("target.test:80", "").await.unwrap();
        assert_eq!(answer.status(), 200, "{behaviour:?}");
        assert_eq!(answer.informational.len() == 100, behaviour == Behaviour::Informational(100));
        assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200, "{behaviour:?}");
    }
    let (_origin, _exit, mut client) = http(Behaviour::OkWithLength).await;
    let answer = client.tunnel("target.test:80", "").await.unwrap();
    assert_eq!(answer.head.get("content-length"), Some("5"));
    assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200);
}

#[tokio::test]
async fn silence_is_silence() {
    for behaviour in [Behaviour::Hang, Behaviour::OkThenNothing] {
        let (origin, _exit, client) = http(behaviour).await;
        let mut client = Client { wire: client.wire.patient_for(Duration::from_millis(50)) };
        let answer = client.ask("GET", URL, "").await;
        assert!(answer.is_err(), "{behaviour:?}: {answer:?}");
        assert_eq!(origin.request_count(), 0);
    }
}
