//! Requests inside of tunnels whose TLS is ended here.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request};
use model::exchange::{Blame, ExchangeKind};
use model::interception::{Mode, Unknown};
use model::project::ProjectSpec;
use rustls::CipherSuite;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::secure::{self, Browser, Site, Speaks};
use crate::world::{Client, LOGIN, SOON, World, project};

pub(crate) fn intercepting(site: &Site) -> ProjectSpec {
    let mut spec = project();
    spec.connect_ports = Vec::new();
    spec.interception.mode = Mode::Plain;
    spec.interception.extra_roots = Some(site.root_pem());
    spec
}

/// A world without exits of its own: it dials the site itself.
async fn world(spec: ProjectSpec) -> World {
    World::new(spec, Vec::new()).await
}

#[tokio::test]
async fn every_pair_of_protocols_carries_requests_and_bodies() {
    for (target, version) in [(Speaks::Http1, "1"), (Speaks::Both, "2")] {
        let site = Site::new(target).await;
        let mut world = world(intercepting(&site)).await;
        for client in [Speaks::Http1, Speaks::Both] {
            let mut browser = Browser::new(&world, &site, client).await;
            assert_eq!(browser.is_http2(), client == Speaks::Both);
            let answer = browser.get("/hello").await;
            assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"hello"[..]));
            assert_eq!(answer.headers()["x-spoken"], version);
            assert!(answer.headers().contains_key("octoprox-exit"));
            let body = vec![7; 300_000];
            let answer = browser.post("/echo", &body).await;
            assert_eq!(answer.body().len(), body.len(), "{client:?} to {target:?}");
            assert!(answer.body().iter().all(|byte| *byte == 7));
            let answer = browser.get("/missing").await;
            assert_eq!(answer.status(), 404);
        }
        let seen = world.exchanges(6).await;
        assert!(seen.iter().all(|seen| seen.kind == ExchangeKind::Intercepted));
        assert!(seen.iter().all(|seen| seen.blame.is_none()), "{seen:?}");
        assert_eq!(seen.iter().map(|seen| seen.bytes_received).max(), Some(300_000));
    }
}

#[tokio::test]
async fn trailers_go_through_from_http2_to_http2() {
    let site = Site::new(Speaks::Both).await;
    let world = world(intercepting(&site)).await;
    let mut browser = Browser::new(&world, &site, Speaks::Both).await;
    let request = Request::post(site.url("/grpc")).header("content-type", "application/grpc");
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", "12".parse().unwrap());
    let (answer, trailers) =
        browser.exchange(request.body(()).unwrap(), Bytes::from("abc"), Some(trailers)).await;
    assert_eq!(answer.body(), "abc");
    assert_eq!(answer.headers()["x-te"], "trailers");
    assert_eq!(trailers.unwrap()["x-sum"], "12");
}

#[tokio::test]
async fn a_target_that_is_not_who_it_says_gets_no_request() {
    for (site, fault) in [
        (Site::expired().await, "it has expired"),
        (Site::new_for("other.test").await, "it is for another name"),
        (Site::self_signed().await, ""),
    ] {
        let mut world = world(intercepting(&site)).await;
        let mut browser = Browser::new(&world, &site, Speaks::Http1).await;
        let answer = browser.get("/hello").await;
        let text = String::from_utf8(answer.body().to_vec()).unwrap();
        assert!(answer.status() == 502 && text.contains(fault), "{answer:?}");
        let status = answer.headers()["proxy-status"].to_str().unwrap();
        assert!(status.contains("tls_certificate_error"), "{status}");
        assert_eq!(site.requests(), 0);
        assert_eq!(world.exchanges(1).await[0].blame, Some(Blame::Target));
    }
    let site = Site::new(Speaks::Http1).await;
    let mut spec = intercepting(&site);
    spec.interception.extra_roots = None;
    let untrusting = world(spec.clone()).await;
    let answer = Browser::new(&untrusting, &site, Speaks::Both).await.get("/hello").await;
    let text = String::from_utf8(answer.body().to_vec()).unwrap();
    assert!(answer.status() == 502 && text.contains("its issuer is not trusted"), "{text}");
    assert_eq!(site.requests(), 0);
    // Somebody decided otherwise for this host.
    spec.interception.unverified = vec!["127.0.0.1".parse().unwrap()];
    let trusting = world(spec).await;
    let answer = Browser::new(&trusting, &site, Speaks::Both).await.get("/hello").await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_request_for_somebody_else_is_misdirected() {
    let site = Site::new(Speaks::Http1).await;
    let world = world(intercepting(&site)).await;
    let mut browser = Browser::new(&world, &site, Speaks::Http1).await;
    let answer = browser.raw("GET / HTTP/1.1\r\nHost: b.test\r\n\r\n").await;
    assert_eq!(answer.status, 421);
    let mut browser = Browser::new(&world, &site, Speaks::Http1).await;
    let answer = browser.raw("GET https://b.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n").await;
    assert_eq!(answer.status, 421);
    let mut browser = Browser::new(&world, &site, Speaks::Both).await;
    let request = Request::get("https://b.test/").body(()).unwrap();
    let (answer, _) = browser.exchange(request, Bytes::new(), None).await;
    assert_eq!(answer.status(), 421);
    assert_eq!(site.requests(), 0);
}

#[tokio::test]
async fn whoever_names_somebody_else_in_tls_is_not_served() {
    let site = Site::new(Speaks::Http1).await;
    let world = world(intercepting(&site)).await;
    let mut client = world.client().await;
    client
        .send(format!(
            "CONNECT localhost.test:443 HTTP/1.1\r\nHost: localhost.test:443\r\n{LOGIN}\r\n"
        ))
        .await;
    assert_eq!(client.head().await.status, 200);
    assert!(secure::handshake(client.socket, "b.test", &world, Speaks::Both).await.is_err());
}

#[tokio::test]
async fn an_address_is_no_way_around_rules_about_names() {
    let site = Site::new(Speaks::Http1).await;
    let mut spec = intercepting(&site);
    spec.domain_deny = vec!["denied.test".parse().unwrap()];
    let mut world = world(spec).await;
    for (name, is_served) in [("fine.test", true), ("www.denied.test", false)] {
        let client = connected(&world, site.address).await;
        let session = secure::handshake(client.socket, name, &world, Speaks::Http1).await;
        assert_eq!(session.is_ok(), is_served, "{name}");
    }
    assert_eq!(world.exchanges(1).await[0].blame, Some(Blame::Client));
    assert_eq!(site.requests(), 0);
}

#[tokio::test]
async fn who_has_the_usual_suite_is_spoken_to_with_it_and_others_with_theirs() {
    let (usual, heavy) =
        (CipherSuite::TLS13_AES_128_GCM_SHA256, CipherSuite::TLS13_AES_256_GCM_SHA384);
    let site = Site::new(Speaks::Http1).await;
    let (world, to) = (world(intercepting(&site)).await, site.authority());
    for (offered, agreed) in [(&[heavy, usual][..], usual), (&[heavy], heavy)] {
        let mut client = world.client().await;
        client.send(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{LOGIN}\r\n")).await;
        assert_eq!(client.head().await.status, 200);
        let mut stream = secure::offering(client.socket, "127.0.0.1", &world, offered).await;
        let request = format!("GET /hello HTTP/1.1\r\nHost: {to}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'H');
        let session = stream.get_ref().1;
        assert_eq!(session.negotiated_cipher_suite().unwrap().suite(), agreed);
        assert_eq!(session.tls13_tickets_received(), 1);
    }
}

#[tokio::test]
async fn other_protocols_are_tunnelled_or_refused() {
    let tracker = TaskTracker::new();
    let echo = echo(&tracker).await;
    for unknown in [Unknown::Tunnel, Unknown::Refuse] {
        let mut spec = project();
        spec.connect_ports = Vec::new();
        spec.interception.mode = Mode::Plain;
        spec.interception.unknown = unknown;
        let mut world = world(spec).await;
        let mut client = connected(&world, echo).await;
        client.send("SSH-2.0-x\r\n").await;
        if unknown == Unknown::Tunnel {
            assert_eq!(client.exactly(11).await, b"SSH-2.0-x\r\n");
        }
        client.socket.shutdown().await.unwrap();
        assert_eq!(client.rest().await, b"");
        drop(client);
        let seen = &world.exchanges(1).await[0];
        assert_eq!((seen.kind, seen.status), (ExchangeKind::Connect, 200));
        assert_eq!(seen.blame.is_none(), unknown == Unknown::Tunnel, "{seen:?}");
    }
}

/// A target that repeats what it hears.
async fn echo(tracker: &TaskTracker) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tracker.spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (mut reads, mut writes) = socket.split();
            let _ = tokio::io::copy(&mut reads, &mut writes).await;
        }
    });
    address
}

async fn connected(world: &World, to: SocketAddr) -> Client {
    let mut client = world.client().await;
    client.send(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{LOGIN}\r\n")).await;
    assert_eq!(client.head().await.status, 200);
    client
}

#[tokio::test]
async fn a_websocket_goes_through() {
    for target in [Speaks::Http1, Speaks::Both] {
        let site = Site::new(target).await;
        let world = world(intercepting(&site)).await;
        let mut browser = Browser::new(&world, &site, Speaks::Http1).await;
        let host = site.authority();
        let request = format!(
            "GET /socket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        );
        let answer = browser.raw(&request).await;
        assert_eq!((answer.status, answer.field("upgrade")), (101, Some("echo")));
        assert_eq!(browser.echoed(b"to and fro").await, b"to and fro");
    }
}

#[tokio::test]
async fn a_target_that_wants_a_certificate_is_left_alone_from_then_on() {
    for speaks in [Speaks::Http1, Speaks::Both] {
        let site = Site::wanting_certificates(speaks).await;
        let world = world(intercepting(&site)).await;
        let mut browser = Browser::new(&world, &site, Speaks::Http1).await;
        let answer = browser.get("/hello").await;
        assert_eq!(answer.status(), 502, "{answer:?}");
        let text = String::from_utf8(answer.body().to_vec()).unwrap();
        assert!(text.contains("certificate of the client"), "{text}");
        // The client meets the target itself now, whose certificate is another's.
        let client = connected(&world, site.address).await;
        let name = site.address.ip().to_string();
        let session = secure::with_certificate(client.socket, &name, &site).await.unwrap();
        drop(session);
    }
}

/// Passes bytes on one by one.
async fn drip(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
    let mut byte = [0];
    while let Ok(1) = from.read(&mut byte).await {
        to.write_all(&byte).await.unwrap();
    }
}

#[tokio::test]
async fn a_hello_in_single_bytes_and_one_that_never_ends_do_no_harm() {
    let site = Site::new(Speaks::Http1).await;
    let mut world = world(intercepting(&site)).await;
    let mut client = connected(&world, site.address).await;
    let (near, far) = tokio::io::duplex(64 * 1024);
    let tls = secure::handshake_over(near, "127.0.0.1", &world, Speaks::Http1);
    let tracker = TaskTracker::new();
    tracker.spawn(async move {
        let (mut reads, mut writes) = tokio::io::split(far);
        let (mut from, mut to) = client.socket.split();
        let up = drip(&mut reads, &mut to);
        tokio::join!(up, tokio::io::copy(&mut from, &mut writes))
    });
    let mut session = tls.await.unwrap();
    let request = format!("GET /hello HTTP/1.1\r\nHost: {}\r\n\r\n", site.authority());
    session.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(session.read_u8().await.unwrap(), b'H');
    assert_eq!(world.exchanges(1).await[0].status, 200);
    for _ in 0..20 {
        let mut client = connected(&world, site.address).await;
        client.send(b"\x16\x03\x01\x02\x00\x01\x00").await;
        drop(client);
    }
    let seen = world.exchanges(21).await;
    assert!(seen[1..].iter().all(|seen| seen.blame == Some(Blame::Client)), "{seen:?}");
}

#[tokio::test]
async fn an_exchange_is_chosen_for_each_request_unless_a_session_pins_it() {
    let site = Site::new(Speaks::Both).await;
    let exits = secure::exits(3).await;
    let mut world =
        World::new(intercepting(&site), exits.iter().map(crate::exits::GoodExit::http).collect())
            .await;
    let mut browser = Browser::new(&world, &site, Speaks::Both).await;
    for _ in 0..6 {
        assert_eq!(browser.get("/hello").await.status(), 200);
    }
    let seen = world.exchanges(6).await;
    let used: std::collections::HashSet<_> = seen.iter().map(|seen| seen.proxy).collect();
    assert_eq!(used.len(), 3);
    let mut browser = Browser::of(&world, &site, Speaks::Both, "demo-session-a").await;
    for _ in 0..6 {
        assert_eq!(browser.get("/hello").await.headers()["octoprox-session"], "a");
    }
    let seen = world.exchanges(12).await;
    let used: std::collections::HashSet<_> = seen[6..].iter().map(|seen| seen.proxy).collect();
    assert_eq!(used.len(), 1);
}

#[tokio::test]
async fn an_answer_that_streams_is_passed_on_as_it_comes() {
    for (client, target) in [(Speaks::Http1, Speaks::Both), (Speaks::Both, Speaks::Http1)] {
        let site = Site::new(target).await;
        let world = world(intercepting(&site)).await;
        let mut browser = Browser::new(&world, &site, client).await;
        let first = timeout(SOON, browser.first_piece("/events")).await.unwrap();
        assert_eq!(first, b"data: 1\n\n");
        site.release();
    }
}

#[tokio::test]
async fn a_busy_client_of_http2_is_told_to_calm_down() {
    let site = Site::new(Speaks::Http1).await;
    let world = world(intercepting(&site)).await;
    let mut browser = Browser::new(&world, &site, Speaks::Both).await;
    assert_eq!(browser.reset_streams(10_000).await, Some(h2::Reason::ENHANCE_YOUR_CALM));
}
